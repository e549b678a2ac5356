/** A kernel as Debian names it, such as `6.12.117+deb12-arm64-16k`. */
export interface KernelRelease {
  /** All of it: what `uname -r` says. */
  readonly release: string;
  /** Without the flavour, `6.12.117+deb12`: what kernels of one build have in common. */
  readonly base: string;
  /** The numbers of the version, and of the ABI where there is one. */
  readonly numbers: readonly number[];
}

/** Packages without the last number only depend on the newest of others. */
const IMAGE = /^linux-image-((\d+(?:\.\d+){2,})(?:-(\d+))?(?:\+[a-z0-9]+)?)-([a-z0-9-]+)$/;

/**
 * The kernel whose image package has that name, or undefined where it is another package, or the
 * kernel is of another flavour.
 *
 * @param flavour such as `amd64`, `arm64-16k`
 */
export function releaseOf(packageName: string, flavour: string): KernelRelease | undefined {
  const [, base, version, abi, found] = IMAGE.exec(packageName) ?? [];
  if (base === undefined || version === undefined || found !== flavour) return undefined;
  const numbers = [...version.split('.'), ...(abi === undefined ? [] : [abi])].map(Number);
  return { release: `${base}-${flavour}`, base, numbers };
}

/** Whether the kernel is one of those that a version such as `7.3` or `7.3.4` stands for. */
export const isOfVersion = ({ numbers }: KernelRelease, version: string): boolean =>
  version.split('.').every((part, index) => numbers[index] === Number(part));

/** The newest of some kernels. */
export const newestOf = (releases: readonly KernelRelease[]): KernelRelease | undefined =>
  releases.toSorted((one, other) => compareNumbers(other.numbers, one.numbers))[0];

/** Below zero where the first is the older one. */
export function compareNumbers(one: readonly number[], other: readonly number[]): number {
  const length = Math.max(one.length, other.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
