import { usageError } from '../../../base/errors.ts';

/** Versions of Debian's source package that the kernel is built from, the usual one first. */
export const CMA_VERSIONS = ['6.12', '7.3'] as const;

/** One of {@link CMA_VERSIONS}. */
export type CmaVersion = (typeof CMA_VERSIONS)[number];

/**
 * The version of that name.
 *
 * @throws {@link AllocertError} when there is none
 */
export function parseCmaVersion(text: string): CmaVersion {
  const found = CMA_VERSIONS.find((version) => version === text);
  if (found !== undefined) return found;
  throw usageError(`no kernel with CMA is built from "${text}"; use ${CMA_VERSIONS.join(' or ')}`);
}
