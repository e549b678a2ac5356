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
import { dropsOf } from './reference-drops.ts';
import { withLifetime } from './reference-lifetime.ts';
import type { Event, Timeline } from './timeline.ts';

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
  const known = FINDERS.get(timeline) ?? finderFor(timeline);
  FINDERS.set(timeline, known);
  return known;
}

/** Several oracles ask of the same timeline. */
const FINDERS = new WeakMap<Timeline, HarmFinder>();

function finderFor(timeline: Timeline): HarmFinder {
  const first = new Map<string, bigint>();
  const owned = new OwnMemory(timeline);
  for (const event of timeline.events) {
    if (!isHarm(timeline, owned, event)) continue;
    const before = first.get(event.client);
    const { call } = event.result;
    if (before === undefined || call < before) first.set(event.client, call);
  }
  return (client) => first.get(client);
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
function isForeign({ events }: Timeline, close: Event, number: bigint): boolean {
  const list = events.find(
    ({ client, operation, result }) =>
      client === close.client && operation.op === 'descriptors' && succeeded(result),
  );
  const listed =
    list !== undefined && descriptorsIn(list.result.out).some((one) => BigInt(one) === number);
  const isStream = number >= 0n && number <= LAST_STREAM;
  if (!isStream && !listed) return false;
  return !events.some(({ operation, result }) => {
    const { gives } = specOf(operation.op);
    if (result.call >= close.result.call) return false;
    return gives?.kind === 'descriptor' && result.value === number;
  });
}

/** Standard error. */
const LAST_STREAM = 2n;

/** Memory that clients surely have, by what they mapped and what they inherited. */
class OwnMemory {
  readonly #timeline: Timeline;
  readonly #drops: ReturnType<typeof dropsOf>;
  readonly #made: readonly Event[];
  readonly #parents = new Map<string, Event>();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    this.#drops = dropsOf(timeline);
    this.#made = timeline.events.filter(
      ({ operation, result }) =>
        specOf(operation.op).gives?.kind === 'mapping' &&
        result.outcome === 'returned' &&
        succeeded(result),
    );
    for (const event of timeline.events) {
      if (event.operation.op === 'fork') this.#parents.set(event.operation.client, event);
    }
  }

  /**
   * Whether the memory that an operation is on surely is its client's until the operation begins.
   */
  has(
    event: Event,
    address: Parameters<Timeline['valueOf']>[0],
    bytes: Parameters<Timeline['valueOf']>[0],
  ): boolean {
    const offset = this.#timeline.valueOf(operandAt(event.operation, 'offset'));
    let at = this.#timeline.valueOf(address) + offset;
    const end = at + this.#timeline.valueOf(bytes);
    const pieces = this.#pieces(event);
    while (at < end) {
      const piece = pieces.find(({ from, to }) => from <= at && at < to);
      if (piece === undefined) return false;
      at = piece.to;
    }
    return true;
  }

  #pieces(event: Event): { readonly from: bigint; readonly to: bigint }[] {
    const { call } = event.result;
    const clients = this.#ancestry(event.client);
    return this.#made
      .filter(({ client, result }) => clients.includes(client) && (result.return ?? call) <= call)
      .filter((made) => this.#stands(made, event))
      .map(({ operation, result }) => {
        const { length = '' } = specOf(operation.op).gives ?? {};
        const bytes = this.#timeline.valueOf(operandAt(operation, length));
        return { from: result.value, to: result.value + wholePages(bytes) };
      });
  }

  /**
   * Whether nothing that was over when an operation began had taken a mapping away, as a whole or
   * in part. What still runs then meets the mapping or nothing.
   */
  #stands(made: Event, { client, result }: Event): boolean {
    const { operation, result: given } = made;
    const { length = '' } = specOf(operation.op).gives ?? {};
    const bytes = this.#timeline.valueOf(operandAt(operation, length));
    const about = { kind: 'mapping', client, value: given.value, length: bytes, made } as const;
    const earlier = this.#drops.filter(
      (drop) =>
        drop.return !== undefined &&
        drop.return < result.call &&
        drop.event !== undefined &&
        specOf(drop.event.operation.op).drops?.kind !== 'access',
    );
    return withLifetime(about, given.call, given.return ?? given.call, earlier).until === undefined;
  }

  #ancestry(client: string): readonly string[] {
    const clients = [client];
    for (let fork = this.#parents.get(client); fork !== undefined; ) {
      if (clients.includes(fork.client)) break;
      clients.push(fork.client);
      fork = this.#parents.get(fork.client);
    }
    return clients;
  }
}

/** The smallest page that any machine has: of the rest of the last page nothing is claimed. */
const SMALLEST_PAGE = 4096n;
const wholePages = (bytes: bigint): bigint =>
  ((bytes + SMALLEST_PAGE - 1n) / SMALLEST_PAGE) * SMALLEST_PAGE;
