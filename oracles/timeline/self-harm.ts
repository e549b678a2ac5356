import {
  type DroppedReference,
  descriptorsIn,
  linux,
  type Operand,
  type OperationOf,
  operandAt,
  operationsWhere,
  specOf,
  succeeded,
  wordOf,
} from '../../adapters/contract/index.ts';
import { injectedIn } from './injected.ts';
import { keepAdvicesIn } from './keep-advice.ts';
import { droppedNothing } from './reference-drops.ts';
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
  inherit(timeline, first);
  return (client) => first.get(client);
}

/** A child is what its parent had made of itself by the time that it was forked. */
function inherit({ events }: Timeline, first: Map<string, bigint>): void {
  const forks = events
    .filter(({ operation }) => operation.op === 'fork')
    .toSorted((a, b) => (a.result.call < b.result.call ? -1 : 1));
  for (const { client, operation, result } of forks) {
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
  const { events } = timeline;
  if (number === STANDARD_INPUT && followsFailure(timeline, close)) return false;
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

/**
 * Whether a request was made to fail before: what closes the buffer that it was to give closes the
 * 0 in its argument. Nothing in a client reads from there.
 */
function followsFailure(timeline: Timeline, { result: { call } }: Event): boolean {
  const injected = injectedIn(timeline);
  return timeline.events.some(
    (event) =>
      event.operation.op === 'ioctl' &&
      event.result.call < call &&
      !succeeded(event.result) &&
      injected(event) !== 'no',
  );
}

const STANDARD_INPUT = 0n;
/** Standard error. */
const LAST_STREAM = 2n;

/** A run of addresses: the first, and the one behind the last. */
interface Piece {
  readonly from: bigint;
  readonly to: bigint;
}

/** Memory that clients surely have, by what they mapped and what they inherited. */
class OwnMemory {
  readonly #timeline: Timeline;
  /** Operations that map memory or take it away, in the order in which they came back. */
  readonly #changes: readonly Event[];
  readonly #forks = new Map<string, Event>();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    this.#changes = timeline.events
      .filter(({ operation }) => CHANGING.has(operation.op))
      .filter(({ result }) => result.return !== undefined)
      .toSorted((a, b) => ((a.result.return ?? 0n) < (b.result.return ?? 0n) ? -1 : 1));
    for (const event of timeline.events) {
      if (event.operation.op === 'fork') this.#forks.set(event.operation.client, event);
    }
  }

  /**
   * Whether the memory that an operation is on was its client's when it began. What another thread
   * takes away meanwhile does no harm: the operation meets the mapping or nothing.
   */
  has({ client, operation, result }: Event, address: Operand, bytes: Operand): boolean {
    const start = this.#timeline.valueOf(address);
    let at = start + this.#timeline.valueOf(operandAt(operation, 'offset'));
    const end = at + this.#timeline.valueOf(bytes);
    const pieces = this.#pieces(client, result.call, new Set());
    while (at < end) {
      const piece = pieces.find(({ from, to }) => from <= at && at < to);
      if (piece === undefined) return false;
      at = piece.to;
    }
    return true;
  }

  /** What a client had mapped at an instant. */
  #pieces(client: string, instant: bigint, heirs: ReadonlySet<string>): readonly Piece[] {
    const fork = this.#forks.get(client);
    const inherits = fork !== undefined && !heirs.has(client) && fork.result.call < instant;
    let pieces = inherits
      ? this.#inherited(
          fork,
          this.#pieces(fork.client, fork.result.call, new Set([...heirs, client])),
        )
      : [];
    for (const event of this.#changes) {
      if (event.client !== client || (event.result.return ?? instant) > instant) continue;
      const { drops, gives } = specOf(event.operation.op);
      const gone = droppedNothing(event) ? undefined : this.#range(event, drops);
      if (drops?.kind === 'image' && succeeded(event.result)) pieces = [];
      if (gone !== undefined) pieces = pieces.flatMap((piece) => without(piece, gone));
      if (gives?.kind !== 'mapping' || !succeeded(event.result)) continue;
      const bytes = this.#timeline.valueOf(operandAt(event.operation, gives.length ?? ''));
      const { value } = event.result;
      pieces = [...pieces, { from: value, to: value + wholePages(bytes) }];
    }
    return pieces;
  }

  /** What a child has of its parent's memory: all but what was kept from it. */
  #inherited({ client, result }: Event, pieces: readonly Piece[]): readonly Piece[] {
    const kept = keepAdvicesIn(this.#timeline).filter(
      ({ event }) => event.client === client && event.result.call <= (result.return ?? result.call),
    );
    return kept.reduce<readonly Piece[]>(
      (left, { end, start }) => left.flatMap((piece) => without(piece, { from: start, to: end })),
      pieces,
    );
  }

  #range({ operation }: Event, drops: DroppedReference | undefined): Piece | undefined {
    if (drops?.kind !== 'mapping') return undefined;
    const value = (argument: string): bigint =>
      this.#timeline.valueOf(operandAt(operation, argument));
    const from = value(drops.at ?? '') + value('offset');
    return { from, to: from + wholePages(value(drops.length ?? '')) };
  }
}

/** Operations that map memory, or take it away. */
const CHANGING = operationsWhere(
  ({ drops, gives }) =>
    gives?.kind === 'mapping' || drops?.kind === 'mapping' || drops?.kind === 'image',
);

/** The rest of a piece when another is taken out of it. */
const without = (piece: Piece, gone: Piece): Piece[] =>
  gone.from >= piece.to || piece.from >= gone.to
    ? [piece]
    : [
        { from: piece.from, to: gone.from },
        { from: gone.to, to: piece.to },
      ].filter(({ from, to }) => from < to);

/** The smallest page that any machine has: of the rest of the last page nothing is claimed. */
const SMALLEST_PAGE = 4096n;
const wholePages = (bytes: bigint): bigint =>
  ((bytes + SMALLEST_PAGE - 1n) / SMALLEST_PAGE) * SMALLEST_PAGE;
