import { cmaKernel } from './cma-kernel.ts';
import { debianKernels, FLAVOURS } from './debian-kernels.ts';
import type { NamedKernel } from './kernel-image.ts';

/** Every kernel that a `vm:` URL can name, in the order in which they are listed. */
export const KERNELS: readonly NamedKernel[] = [
  ...Object.values(FLAVOURS).map(debianKernels),
  cmaKernel,
];

/** The kernel of that name, or undefined where none has it. */
export const kernelNamed = (name: string): NamedKernel | undefined =>
  KERNELS.find((kernel) => kernel.name === name);
