import { usageError } from '../../base/errors.ts';

/** How results are told from those of others in KCIDB. */
export interface KcidbIds {
  /** Name of the CI system, as agreed with KernelCI: letters a to z, digits and `_`. */
  readonly origin: string;
  /** Id of the source checkout under test, `ORIGIN:…`; one is made when left out. */
  readonly checkout?: string | undefined;
  /** Id of the build under test, `ORIGIN:…`; one is made when left out. */
  readonly build?: string | undefined;
}

/** Ids as far as they were given. */
export type GivenIds = { readonly [Id in keyof KcidbIds]?: KcidbIds[Id] | undefined };

/** The origin of whoever has none. */
export const DEFAULT_ORIGIN = 'allocert';

const ORIGIN = /^[a-z0-9_]+$/;
const ID = /^[a-z0-9_]+:.*$/;

/**
 * Checks ids against KCIDB's schema, before anything runs.
 *
 * @throws {@link AllocertError} (usage) naming the flag
 */
export function kcidbIds({ origin, checkout, build }: GivenIds): KcidbIds {
  if (origin !== undefined && !ORIGIN.test(origin)) {
    throw usageError(`--kcidb-origin takes a to z, 0 to 9 and _, not "${origin}"`);
  }
  for (const [flag, id] of [
    ['checkout', checkout],
    ['build', build],
  ] as const) {
    if (id === undefined || ID.test(id)) continue;
    throw usageError(
      `--kcidb-${flag} begins with an origin and a colon, as in a:1, unlike "${id}"`,
    );
  }
  return { origin: origin ?? DEFAULT_ORIGIN, checkout, build };
}
