import { linux, type Placement } from '../../adapters/contract/index.ts';
import { commandOf, readField } from '../../catalogue/abi-request.ts';
import { type Abi, type Profile, type Role, requirementOf } from '../../catalogue/catalogue.ts';
import type { Event, Prediction } from '../../oracles/index.ts';

/** Errors of a full table, a full region or an interruption: any request may fail with them. */
const ANY_TIME = ['ENOMEM', 'EMFILE', 'ENFILE', 'EINTR'];
const FLAGS_KNOWN = linux.O_ACCMODE | linux.O_CLOEXEC;

/** A way in which a request differs from a good one, as the catalogue names it. */
type Fault = readonly [requirement: string, role: string];

/**
 * Says what a profile allows to come of a request for a buffer, from what is wrong with it.
 *
 * Of several faults any may be reported. A descriptor on input is ignored or must be 0, but the one
 * or the other for all values. Where the catalogue has no rule (an unaligned argument
 * that crosses pages, a length between what is there and what could be), there is no prediction.
 *
 * @returns undefined for operations that are no such request, or that nothing is said of; whether
 * it was a device that was asked, others must know
 */
export function predictor(
  abi: Abi,
  profile: Profile,
  regionBytes: bigint | undefined,
): (event: Event) => Prediction | undefined {
  return ({ operation }) => {
    if (operation.op !== 'ioctl' || typeof operation.fd === 'bigint') return undefined;
    if (typeof operation.request !== 'bigint') return undefined;
    const { bytes, placement } = operation.argument;
    // What lies behind it is part of the request, and unknown.
    if (bytes.length < abi.command.size) return undefined;
    const pointer = pointerFaults(placement);
    if (pointer === undefined) return undefined;
    const all = commandFaults(abi, operation.request);
    addFieldFaults(all, abi, bytes, regionBytes);
    all.push(...pointer);
    if (inputDescriptor(abi, bytes) === 0n) return combined(profile, all);
    const other = all.length === 0 ? undefined : combined(profile, all);
    if (other !== undefined) return { ...other, words: [...other.words, 'EINVAL'] };
    if (all.length > 0) return undefined;
    return { requirement: 'RES-03', words: ['ok', 'EINVAL', ...ANY_TIME], alike: ['ok', 'EINVAL'] };
  };
}

/**
 * Predictions that allow a call to say that something was made to fail in it.
 *
 * @param injected the errnos that say so, for the calls in which something was
 */
export function unlessInjected(
  predict: (event: Event) => Prediction | undefined,
  injected: (event: Event) => readonly string[],
): (event: Event) => Prediction | undefined {
  return (event) => {
    const prediction = predict(event);
    const errnos = injected(event);
    if (prediction === undefined || errnos.length === 0) return prediction;
    return { ...prediction, words: [...new Set([...prediction.words, ...errnos])] };
  };
}

/** The field of the descriptor as the request passes it in. */
const inputDescriptor = (abi: Abi, bytes: Uint8Array): bigint => valueIn(abi, bytes, 'descriptor');

/** The prediction for several faults. There are few combinations, and each comes often. */
function combined(profile: Profile, faults: readonly Fault[]): Prediction | undefined {
  if (faults.length === 0) return GOOD;
  let known = PREDICTIONS.get(profile);
  if (known === undefined) {
    known = new Map();
    PREDICTIONS.set(profile, known);
  }
  const key = faults.join();
  const before = known.get(key);
  if (before !== undefined) return before;
  const prediction = combinedAnew(profile, faults);
  if (prediction !== undefined) known.set(key, prediction);
  return prediction;
}

const GOOD: Prediction = { requirement: 'IOC-01', words: ['ok', ...ANY_TIME] };
const PREDICTIONS = new WeakMap<Profile, Map<string, Prediction>>();

function combinedAnew(profile: Profile, faults: readonly Fault[]): Prediction | undefined {
  const words = faults.map(([requirement, role]) => wordsFor(profile, requirement, role));
  if (words.some((one) => one === undefined)) return undefined;
  const refused = words.some((one) => one?.includes('ok') === false);
  const allowed = new Set([...words.flatMap((one) => one ?? []), ...ANY_TIME]);
  if (refused) allowed.delete('ok');
  const [first] = faults;
  return { requirement: first?.[0] ?? 'IOC-01', words: [...allowed] };
}

/** Outcomes that are allowed, and those that this profile's implementations are known to have. */
function wordsFor(profile: Profile, requirement: string, role: string): string[] | undefined {
  const row = requirementOf(requirement);
  const expected = row.expect[profile.name]?.[role];
  if (expected === undefined) return undefined;
  if (!profile.authorities.includes(row.authority) || row.level === 'MAY') {
    return [...expected, 'ok', 'error'];
  }
  const known = profile.known.filter(
    (deviation) => deviation.requirement === requirement && deviation.role === role,
  );
  return [...expected, ...known.flatMap(({ observed }) => observed)];
}

function commandFaults(abi: Abi, request: bigint): Fault[] {
  const changed = BigInt.asUintN(32, request ^ commandOf(abi));
  const faults: Fault[] = [];
  if (changed === 0n) return faults;
  if (linux.ioctlNr(changed) !== 0n) faults.push(['IOC-02', 'unknown-nr']);
  if (linux.ioctlType(changed) !== 0n) faults.push(['IOC-03', 'other-type']);
  if (linux.ioctlSize(changed) !== 0n) faults.push(['IOC-05', 'other-size']);
  if (linux.ioctlDirection(changed) !== 0n) faults.push(['IOC-04', 'other-direction']);
  return faults;
}

const valueIn = (abi: Abi, bytes: Uint8Array, role: Role): bigint => {
  const field = abi.fields[role];
  return field === undefined ? 0n : readField(bytes, field);
};

function addFieldFaults(
  faults: Fault[],
  abi: Abi,
  bytes: Uint8Array,
  regionBytes: bigint | undefined,
): void {
  const value = (role: Role): bigint => valueIn(abi, bytes, role);
  if (value('version') !== 0n) faults.push(['VER-02', 'other-version']);
  if (value('reserved1') !== 0n) faults.push(['RES-01', 'reserved']);
  if (value('reserved2') !== 0n) faults.push(['RES-02', 'reserved']);
  const flags = value('flags');
  if ((flags & ~FLAGS_KNOWN) !== 0n) faults.push(['FLG-04', 'unknown-flag']);
  if ((flags & linux.O_ACCMODE) === linux.O_ACCMODE) faults.push(['FLG-05', 'no-mode']);
  const length = value('length');
  if (length === 0n) faults.push(['LEN-01', 'zero']);
  else if (length >= 1n << 63n) faults.push(['LEN-05', 'wraps']);
  else if (regionBytes !== undefined && length > regionBytes) faults.push(['LEN-06', 'too-large']);
}

/** Undefined where no rule says how a call with such a pointer ends. */
function pointerFaults(placement: Placement | undefined): Fault[] | undefined {
  switch (placement?.kind) {
    case undefined:
    case 'plain':
      return [];
    case 'null':
    case 'unmapped':
    case 'kernel':
      return [['ERR-01', 'pointer']];
    case 'page':
      return pageFaults(placement.protection);
    case 'page-end':
      if (placement.distance >= 0) return [];
      return placement.neighbour === 'unmapped' ? [['ERR-02', 'cut-off']] : undefined;
    default:
      return undefined;
  }
}

function pageFaults(protection: 'none' | 'read-only' | 'write-only'): Fault[] {
  if (protection === 'none') return [['ERR-06', 'no-access']];
  return protection === 'read-only' ? [['ERR-03', 'read-only']] : [['ERR-06', 'write-only']];
}
