import { cmaKernel } from './cma-kernel.ts';
import { debianKernels, FLAVOURS } from './debian-kernels.ts';
import type { NamedKernel } from './kernel-image.ts';

/** Every kernel that a `vm:` URL can name, in the order in which they are listed. */
export const KERNELS: readonly NamedKernel[] = [
  ...Object.values(FLAVOURS).map(debianKernels),
  cmaKernel,
];

/** Other names of the architectures in the names of Debian's kernels. */
const ALIASES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^debian-(?:amd64|x86_64)$/, 'debian'],
  [/^debian-aarch64(-16k)?$/, 'debian-arm64$1'],
  [/^debian-(?:arm|armv7l)$/, 'debian-armhf'],
];

/** The kernel of that name, or undefined where none has it. */
export function kernelNamed(name: string): NamedKernel | undefined {
  const alias = ALIASES.find(([pattern]) => pattern.test(name));
  const usual = alias === undefined ? name : name.replace(...alias);
  return KERNELS.find((kernel) => kernel.name === usual);
}
