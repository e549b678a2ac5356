import {
  type DroppedReference,
  type Operand,
  operandAt,
  operationsWhere,
  specOf,
  succeeded,
} from '../../adapters/contract/index.ts';
import { keepAdvicesIn } from './keep-advice.ts';
import { droppedNothing } from './reference-drops.ts';
import type { Event, Timeline } from './timeline.ts';

/** A run of addresses: the first, and the one behind the last. */
interface Piece {
  readonly from: bigint;
  readonly to: bigint;
}

/** What a client has mapped, one change after the other. */
interface Course {
  /** Its changes, in the order in which they came back. */
  readonly changes: readonly Event[];
  /** What it has before the first change, after it, and so on, as far as was asked for. */
  states: (readonly Piece[])[];
}

/** Memory that clients surely have, by what they mapped and what they inherited. */
export class OwnMemory {
  readonly #timeline: Timeline;
  /** Operations that map memory or take it away, by client, as they came back. */
  readonly #changes = new Map<string, Event[]>();
  readonly #forks = new Map<string, Event>();
  /** Of clients that nothing was inherited by, and of those that have it. */
  readonly #alone = new Map<string, Course>();
  readonly #heirs = new Map<string, Course>();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    for (const client of timeline.clients) {
      const changes = timeline
        .ofClient(client)
        .filter(
          ({ operation, result }) => CHANGING.has(operation.op) && result.return !== undefined,
        )
        .toSorted((a, b) => ((a.result.return ?? 0n) < (b.result.return ?? 0n) ? -1 : 1));
      this.#changes.set(client, changes);
    }
    for (const event of timeline.named('fork')) {
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
    const pieces = this.#pieces(client, result.call);
    while (at < end) {
      const piece = pieceAt(pieces, at);
      if (piece === undefined) return false;
      at = piece.to;
    }
    return true;
  }

  /** What a client had mapped at an instant. */
  #pieces(client: string, instant: bigint): readonly Piece[] {
    const fork = this.#forks.get(client);
    const inherits = fork !== undefined && fork.result.call < instant;
    const courses = inherits ? this.#heirs : this.#alone;
    let course = courses.get(client);
    if (course === undefined) {
      course = { changes: this.#changes.get(client) ?? [], states: [[]] };
      // Kept before it is known: one that descends from itself inherits nothing of its own.
      courses.set(client, course);
      if (inherits) course.states = [this.#inherited(fork)];
    }
    return this.#stateAt(course, instant);
  }

  #stateAt({ changes, states }: Course, instant: bigint): readonly Piece[] {
    let low = 0;
    let high = changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (((changes[middle] as Event).result.return ?? instant) > instant) high = middle;
      else low = middle + 1;
    }
    for (let at = states.length; at <= low; at += 1) {
      states[at] = this.#after(states[at - 1] ?? [], changes[at - 1] as Event);
    }
    return states[low] ?? [];
  }

  #after(before: readonly Piece[], event: Event): readonly Piece[] {
    const { drops, gives } = specOf(event.operation.op);
    const gone = droppedNothing(event) ? undefined : this.#range(event, drops);
    let pieces = drops?.kind === 'image' && succeeded(event.result) ? [] : before;
    if (gone !== undefined) pieces = without(pieces, gone);
    if (gives?.kind !== 'mapping' || !succeeded(event.result)) return pieces;
    const bytes = this.#timeline.valueOf(operandAt(event.operation, gives.length ?? ''));
    const { value } = event.result;
    return [...pieces, { from: value, to: value + wholePages(bytes) }];
  }

  /** What a child has of its parent's memory: all but what was kept from it. */
  #inherited({ client, result }: Event): readonly Piece[] {
    const kept = keepAdvicesIn(this.#timeline).filter(
      ({ event }) => event.client === client && event.result.call <= (result.return ?? result.call),
    );
    return kept.reduce<readonly Piece[]>(
      (left, { end, start }) => without(left, { from: start, to: end }),
      this.#pieces(client, result.call),
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

function pieceAt(pieces: readonly Piece[], address: bigint): Piece | undefined {
  for (const piece of pieces) if (piece.from <= address && address < piece.to) return piece;
  return undefined;
}

/** The rest of some pieces when another is taken out of them. */
function without(pieces: readonly Piece[], gone: Piece): readonly Piece[] {
  const left: Piece[] = [];
  for (const piece of pieces) {
    if (gone.from >= piece.to || piece.from >= gone.to) {
      left.push(piece);
      continue;
    }
    if (piece.from < gone.from) left.push({ from: piece.from, to: gone.from });
    if (gone.to < piece.to) left.push({ from: gone.to, to: piece.to });
  }
  return left;
}

/** The smallest page that any machine has: of the rest of the last page nothing is claimed. */
const SMALLEST_PAGE = 4096n;
const wholePages = (bytes: bigint): bigint =>
  ((bytes + SMALLEST_PAGE - 1n) / SMALLEST_PAGE) * SMALLEST_PAGE;
