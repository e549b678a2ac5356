import {
  descriptorsIn,
  keepsDescriptors,
  linux,
  operationsWhere,
  succeeded,
  wordOf,
} from '../adapters/contract/index.ts';
import type { Abi } from '../catalogue/catalogue.ts';
import { isWitness } from './credible.ts';
import { type ConcurrentCall, linearizable, type Model } from './linearizability.ts';
import { allocationsOf, descriptorGiven } from './timeline/allocations.ts';
import { harmIn } from './timeline/self-harm.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/** Steps that the search may take for one client. */
const STEPS_MAX = 200_000;

/** An effect of an operation on a client’s table of descriptors. */
interface Action {
  readonly kind: 'give' | 'reserve' | 'install' | 'close' | 'not-open';
  readonly number: bigint;
}

/**
 * The descriptors of a client are given and closed as if one after the other: each new one is the
 * lowest that was free at some instant of its call (FD-01), and only what is open can be closed.
 * Where another call may look on, giving is two steps, as it is in the kernel: a descriptor is
 * reserved first (get_unused_fd_flags) and open only once it is installed (fd_install).
 *
 * Sound for clients whose every operation on descriptors is known to the model and returned, from
 * a `descriptors` operation on, and that look nothing up in /proc while another thread calls:
 * executors open files for that. A request that fails may have reserved a descriptor for a while,
 * so one that meets another call leaves nothing to be said; nor does one whose answer could not be
 * written: a descriptor that stays then is a leak, which the descriptors oracle judges. Nor do
 * clients that had calls armed by `failnth` and so many descriptors that they meet the executor's
 * own there. A search that runs out of its budget says nothing.
 */
export function numbers(timeline: Timeline, abi: Abi): Violation[] {
  const given = new Set(allocationsOf(timeline, abi));
  return timeline.clients.flatMap((client) => {
    const start = timeline
      .named('descriptors')
      .find((event) => event.client === client && succeeded(event.result));
    if (start === undefined) return [];
    const mine = timeline.ofClient(client);
    // What a client that has harmed itself is given says nothing. What came back before is
    // explained by nothing that ended after: so all of these must have begun later.
    const since = start.result.return ?? 0n;
    const all = mine.filter(({ result }) => result.call > since);
    const isHarmed = harmIn(timeline)(client) !== undefined;
    const later = isHarmed ? all.filter((event) => isWitness(timeline, event)) : all;
    if (isHarmed && (isCut(all, later) || !isWitness(timeline, start))) return [];
    if (hasFleeting(later, given) || reachesAside(timeline, later, given, abi)) return [];
    const calls = callsOf(timeline, later, given, abi);
    if (calls === undefined) return [];
    if (linearizable(calls, tableFrom(start), STEPS_MAX) !== 'impossible') return [];
    const detail = `no order of the ${calls.length} calls of ${client} explains their descriptors`;
    const kind = 'descriptors are not the lowest free ones';
    return [{ oracle: 'numbers', requirement: 'FD-01', kind, detail, events: later }];
  });
}

/** Whether something else touched the table before the last of these came back. */
function isCut(all: readonly Event[], witnesses: readonly Event[]): boolean {
  const known = new Set(witnesses);
  const last = witnesses
    .map(({ result }) => result.return ?? result.call)
    .reduce((a, b) => (a > b ? a : b), 0n);
  return all.some((event) => event.result.call <= last && !known.has(event) && !isNeutral(event));
}

/** Operations for which an executor may hold a descriptor of its own as long as they last. */
const FLEETING = operationsWhere(({ ownFiles }) => ownFiles === true);

/** Operations that leave the table as it is, whatever their outcome. */
const NEUTRAL = operationsWhere(keepsDescriptors);

/** Whether an operation leaves the table as it is, whatever its outcome. */
const isNeutral = ({ operation }: Event): boolean =>
  NEUTRAL.has(operation.op) ||
  (operation.op === 'ioctl' && operation.request === linux.DMA_BUF_IOCTL_SYNC);

function hasFleeting(events: readonly Event[], given: ReadonlySet<Event>): boolean {
  const shared = sharedPrograms(events);
  if (shared.size === 0) return false;
  return events.some(
    (one) =>
      shared.has(one.program) &&
      (FLEETING.has(one.operation.op) ||
        (one.operation.op === 'ioctl' && !given.has(one) && !isNeutral(one))),
  );
}

/**
 * An executor keeps a file of its own open while a call is armed, as high as no case comes (see
 * `adapters/executor/operations/faults.c`); a client with as many descriptors meets it there.
 */
const ASIDE_LEAST = 48n;

function reachesAside(
  timeline: Timeline,
  events: readonly Event[],
  given: ReadonlySet<Event>,
  abi: Abi,
): boolean {
  const arms = timeline
    .named('failnth')
    .some(
      (event) =>
        event.operation.op === 'failnth' &&
        timeline.valueOf(event.operation.nth) !== 0n &&
        events.includes(event),
    );
  const isHigh = (event: Event): boolean => {
    if (given.has(event)) return descriptorGiven(event, abi) >= ASIDE_LEAST;
    return GIVING.has(event.operation.op) && event.result.value >= ASIDE_LEAST;
  };
  return arms && events.some(isHigh);
}

/** Programs in which a client has more than one thread. */
function sharedPrograms(events: readonly Event[]): ReadonlySet<number> {
  const threads = new Map<number, number>();
  const shared = new Set<number>();
  for (const { program, thread } of events) {
    const before = threads.get(program);
    if (before === thread) continue;
    if (before !== undefined) shared.add(program);
    threads.set(program, thread);
  }
  return shared;
}

/** Whether a call of another thread was under way at some instant of this one. */
const isWatched = (events: readonly Event[], { program, result, thread }: Event): boolean =>
  events.some(
    (other) =>
      other.program === program &&
      other.thread !== thread &&
      other.result.call <= (result.return ?? other.result.call) &&
      (other.result.return ?? result.call) >= result.call,
  );

function callsOf(
  timeline: Timeline,
  events: readonly Event[],
  given: ReadonlySet<Event>,
  abi: Abi,
): ConcurrentCall<Action>[] | undefined {
  const calls: ConcurrentCall<Action>[] = [];
  const shared = sharedPrograms(events);
  for (const event of events) {
    const { result } = event;
    if (isNeutral(event)) continue;
    if (result.return === undefined) return undefined;
    const action = actionOf(timeline, event, given, abi);
    if (action === undefined) return undefined;
    if (action === 'none') continue;
    const during = { call: result.call, return: result.return };
    const watched = shared.has(event.program) && isWatched(events, event);
    if (action.kind === 'give' && watched) {
      calls.push({ action: { ...action, kind: 'reserve' }, ...during });
      calls.push({ action: { ...action, kind: 'install' }, ...during });
    } else {
      calls.push({ action, ...during });
    }
  }
  return calls;
}

/** Operations whose value, if they succeed, is the lowest number that was free. */
const GIVING = operationsWhere(
  ({ gives }) =>
    gives?.kind === 'descriptor' &&
    gives.at === undefined &&
    gives.byCommand !== true &&
    gives.received !== true,
);

function actionOf(
  timeline: Timeline,
  event: Event,
  given: ReadonlySet<Event>,
  abi: Abi,
): Action | 'none' | undefined {
  const { operation, result } = event;
  if (operation.op === 'ioctl') {
    if (given.has(event)) return { kind: 'give', number: descriptorGiven(event, abi) };
    // A command that is not the ABI's may give descriptors all the same.
    return succeeded(result) || mayLeak(event) ? undefined : 'none';
  }
  if (operation.op === 'close') {
    const number = BigInt.asIntN(32, timeline.valueOf(operation.fd));
    const word = wordOf(result);
    if (word === 'EBADF') return { kind: 'not-open', number };
    return word === 'ok' ? { kind: 'close', number } : undefined;
  }
  if (!GIVING.has(operation.op)) return undefined;
  return succeeded(result) ? { kind: 'give', number: result.value } : 'none';
}

/** Placements of arguments that may be read and not be written. */
const GUARDED: readonly unknown[] = ['page', 'page-end'];

/** Whether a request may have been granted, and its answer not be told. */
const mayLeak = ({ operation, result }: Event): boolean =>
  operation.op === 'ioctl' &&
  GUARDED.includes(operation.argument.placement?.kind) &&
  wordOf(result) === 'EFAULT';

/** Numbers as sorted lists: all that are taken, and those of them that are not open yet. */
interface Table {
  readonly taken: readonly bigint[];
  readonly reserved: readonly bigint[];
}

function tableFrom({ result }: Event): Model<Table, Action> {
  const initial = descriptorsIn(result.out).map(BigInt);
  return {
    initial: { taken: initial, reserved: [] },
    key: ({ reserved, taken }) => `${taken.join()} ${reserved.join()}`,
    step,
  };
}

function step(table: Table, { kind, number }: Action): Table | undefined {
  const { reserved, taken } = table;
  const isReserved = reserved.includes(number);
  const isOpen = taken.includes(number) && !isReserved;
  const without = (list: readonly bigint[]) => list.filter((one) => one !== number);
  switch (kind) {
    case 'not-open':
      return isOpen ? undefined : table;
    case 'close':
      return isOpen ? { reserved, taken: without(taken) } : undefined;
    case 'install':
      return isReserved ? { reserved: without(reserved), taken } : undefined;
    default:
      if (number !== lowestFree(taken)) return undefined;
      return {
        reserved: kind === 'reserve' ? insert(reserved, number) : reserved,
        taken: insert(taken, number),
      };
  }
}

function lowestFree(open: readonly bigint[]): bigint {
  let free = 0n;
  for (const number of open) {
    if (number !== free) return free;
    free += 1n;
  }
  return free;
}

function insert(open: readonly bigint[], number: bigint): readonly bigint[] {
  const more: bigint[] = [];
  let isIn = false;
  for (const one of open) {
    if (!isIn && one > number) {
      more.push(number);
      isIn = true;
    }
    more.push(one);
  }
  if (!isIn) more.push(number);
  return more;
}
