import {
  descriptorsIn,
  linux,
  type OperationOf,
  operandAt,
  operationsWhere,
  specOf,
  succeeded,
  wordOf,
} from '../../adapters/contract/index.ts';
import { injectedIn } from './injected.ts';
import { OwnMemory } from './own-memory.ts';
import { byCall, type Event, type Timeline } from './timeline.ts';

/** Says from which instant on a client is no witness any more; undefined when it always is one. */
export type HarmFinder = (client: string) => bigint | undefined;

/**
 * Finds what clients did to themselves. A client that takes away, protects or overwrites memory
 * that is not surely a mapping of its own may have hit its executor, its library or its own stack:
 * whatever it dies of later, and whatever comes back to it, says nothing of the target. The same
 * holds for one that closed a descriptor which nothing gave it, or lowered a limit other than that
 * of descriptors.
 *
 * Sound for operations on addresses and descriptors; what ends a client on purpose (`kill`, `exit`)
 * the oracle of deaths knows. A store that a fault ended at its first byte wrote nothing.
 */
export function harmIn(timeline: Timeline): HarmFinder {
  return timeline.once(finderFor);
}

function finderFor(timeline: Timeline): HarmFinder {
  const first = new Map<string, bigint>();
  const owned = new OwnMemory(timeline);
  for (const event of timeline.events) {
    if (!isHarm(timeline, owned, event)) continue;
    const before = first.get(event.client);
    const { call } = event.result;
    if (before === undefined || call < before) first.set(event.client, call);
  }
  inherit(timeline, first);
  return (client) => first.get(client);
}

/** A child is what its parent had made of itself by the time that it was forked. */
function inherit({ named }: Timeline, first: Map<string, bigint>): void {
  for (const { client, operation, result } of named('fork').toSorted(byCall)) {
    const harmed = first.get(client);
    if (harmed === undefined || operation.op !== 'fork') continue;
    const isBefore = result.return !== undefined && result.return < harmed;
    const own = first.get(operation.client);
    if (isBefore || (own !== undefined && own < result.call)) continue;
    first.set(operation.client, result.call);
  }
}

/** Operations that take memory away, or change what an access to it does. */
const TAKING = operationsWhere(
  ({ drops }) => drops?.kind === 'mapping' || drops?.kind === 'access',
);

function isHarm(timeline: Timeline, owned: OwnMemory, event: Event): boolean {
  const { operation, result } = event;
  if (TAKING.has(operation.op)) {
    if (wordOf(result) === 'EINVAL') return false;
    const { at = '', length = '' } = specOf(operation.op).drops ?? {};
    return !owned.has(event, operandAt(operation, at), operandAt(operation, length));
  }
  if (operation.op === 'store') {
    const wroteNothing = result.outcome === 'faulted' && (result.faultOffset ?? 0n) === 0n;
    return !wroteNothing && !owned.has(event, operation.address, operation.length);
  }
  if (operation.op === 'setrlimit') return isTight(timeline, operation);
  const { drops } = specOf(operation.op);
  if (drops?.kind !== 'descriptor' || !succeeded(result)) return false;
  const number = BigInt.asIntN(32, timeline.valueOf(operandAt(operation, drops.at ?? '')));
  return isForeign(timeline, event, number);
}

/** Limits that the target is asked under on purpose; every other one changes what memory does. */
const isTight = (timeline: Timeline, { resource }: OperationOf<'setrlimit'>): boolean =>
  timeline.valueOf(resource) !== linux.RLIMIT_NOFILE;

/**
 * Whether a descriptor was there before anything was asked: a standard stream, or what the first
 * list of the client's descriptors shows, unless something gave it meanwhile.
 */
function isForeign(timeline: Timeline, close: Event, number: bigint): boolean {
  if (number === STANDARD_INPUT && followsFailure(timeline, close)) return false;
  const list = timeline
    .named('descriptors')
    .find(({ client, result }) => client === close.client && succeeded(result));
  const listed =
    list !== undefined && descriptorsIn(list.result.out).some((one) => BigInt(one) === number);
  const isStream = number >= 0n && number <= LAST_STREAM;
  if (!isStream && !listed) return false;
  return !timeline.events.some(({ operation, result }) => {
    const { gives } = specOf(operation.op);
    if (result.call >= close.result.call) return false;
    return gives?.kind === 'descriptor' && result.value === number;
  });
}

/**
 * Whether a request was made to fail before: what closes the buffer that it was to give closes the
 * 0 in its argument. Nothing in a client reads from there.
 */
function followsFailure(timeline: Timeline, { result: { call } }: Event): boolean {
  const injected = injectedIn(timeline);
  return timeline
    .named('ioctl')
    .some(
      (event) => event.result.call < call && !succeeded(event.result) && injected(event) !== 'no',
    );
}

const STANDARD_INPUT = 0n;
/** Standard error. */
const LAST_STREAM = 2n;
