import { usageError } from '../base/errors.ts';
import type { KernelRange, KnownDeviation, LapsedDeviation, Profile } from './catalogue.ts';

/** What decides whether a deviation that is known excuses a target. */
export interface DeviationFacts {
  /** uname(2)'s release of the target's kernel; undefined where it has none. */
  readonly release: string | undefined;
  /** Fixes that the user says are present: commits, or ids of requirements. */
  readonly fixed: readonly string[];
}

/**
 * A profile as it judges one target: what is known of other kernels than the target's, or is fixed
 * there, excuses nothing.
 */
export function profileOn(profile: Profile, facts: DeviationFacts): Profile {
  const lapsed = profile.known.flatMap((one): LapsedDeviation[] => {
    const why = whyLapsed(one, facts);
    return why === undefined ? [] : [{ ...one, why }];
  });
  const known = profile.known.filter((one) => whyLapsed(one, facts) === undefined);
  return { ...profile, known, lapsed };
}

function whyLapsed(known: KnownDeviation, { release, fixed }: DeviationFacts): string | undefined {
  const { fixedIn, kernels } = known;
  const declared = fixed.find((fix) => names(known, fix));
  if (declared !== undefined) return `the fix is said to be present (${declared})`;
  const version = release === undefined ? undefined : kernelVersion(release);
  if (version === undefined) {
    // A kernel that says no version may have the fix: nothing shows that it is excused.
    return kernels.some(({ until }) => until !== undefined)
      ? `the target does not report a kernel version, and this is fixed in ${fixedIn}`
      : undefined;
  }
  if (kernels.some((range) => inRange(version, range))) return undefined;
  return `it is known for ${kernels.map(rangeText).join(' and ')}, and this kernel is ${release}`;
}

/** Whether a fix as typed is that of a deviation: by its requirement, or by the commit's hash. */
function names({ requirement, fixedIn }: KnownDeviation, fix: string): boolean {
  if (fixedIn === null) return false;
  if (requirement === fix) return true;
  const hashes = fixedIn.match(HASHES) ?? [];
  return HASH.test(fix) && hashes.some((hash) => hash.startsWith(fix) || fix.startsWith(hash));
}

/** Fewer digits of a commit's hash name no commit. */
const HASH = /^[0-9a-f]{8,40}$/;
const HASHES = /\b[0-9a-f]{8,40}\b/g;

/**
 * Refuses a fix that no known deviation of the ABI's profiles has.
 *
 * @throws {@link AllocertError} (usage) with those that there are
 */
export function checkFixes(fixed: readonly string[], profiles: readonly Profile[]): void {
  const fixable = profiles.flatMap(({ known }) => known.filter((one) => one.fixedIn !== null));
  const unknown = fixed.find((fix) => !fixable.some((one) => names(one, fix)));
  if (unknown === undefined) return;
  const choices = fixable.map(({ requirement, fixedIn }) => `${requirement} (${fixedIn})`);
  const hint =
    choices.length === 0
      ? 'no known deviation of this ABI has a fix'
      : `name one of ${choices.join(', ')}`;
  throw usageError(`--fixed ${unknown} names no deviation that has a fix; ${hint}`);
}

/** A kernel's version for comparing: its numbers, and the number of its release candidate. */
type KernelVersion = readonly [major: number, minor: number, patch: number, candidate: number];

/** The version in a kernel's release, such as `6.12.51+deb13-amd64` or `7.3-rc7`. */
export function kernelVersion(release: string): KernelVersion | undefined {
  const parsed = /^(\d+)\.(\d+)(?:\.(\d+))?(?:[-~]rc(\d+))?/.exec(release);
  if (parsed === null) return undefined;
  const [, major, minor, patch = '0', candidate] = parsed;
  // A release follows its candidates.
  const last = candidate === undefined ? Number.POSITIVE_INFINITY : Number(candidate);
  return [Number(major), Number(minor), Number(patch), last];
}

/** Whether a kernel, by uname(2)'s release, is of one of these ranges. */
export function isKernelIn(release: string, kernels: readonly KernelRange[]): boolean {
  const version = kernelVersion(release);
  return version !== undefined && kernels.some((range) => inRange(version, range));
}

function inRange(version: KernelVersion, { from, until }: KernelRange): boolean {
  const before = (bound: string): boolean => {
    const other = kernelVersion(bound);
    if (other === undefined) throw new Error(`the catalogue has the kernel "${bound}"`);
    const at = version.findIndex((part, index) => part !== other[index]);
    return at >= 0 && (version[at] ?? 0) < (other[at] ?? 0);
  };
  return !before(from) && (until === undefined || before(until));
}

const rangeText = ({ from, until }: KernelRange): string =>
  until === undefined ? `Linux since ${from}` : `Linux from ${from} until ${until}`;
