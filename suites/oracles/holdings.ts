import { type Operation, succeeded } from '../../adapters/contract/index.ts';
import type { Abi } from '../catalogue.ts';
import { commandOf, fieldOf, readField } from '../request.ts';
import { type Drop, dropsOf } from './drops.ts';
import type { Event, Timeline } from './timeline.ts';

/** Something of a client that keeps a buffer alive: a descriptor, or a mapping. */
export interface Holding {
  readonly kind: 'descriptor' | 'mapping';
  readonly client: string;
  /** The descriptor, or the address that a mapping begins at. */
  readonly value: bigint;
  /** Bytes of a mapping; 0 for descriptors. */
  readonly length: bigint;
  /** The operation that made it. */
  readonly made: Event;
  /** Nanoseconds: it was surely held from here … */
  readonly from: bigint;
  /** … until here; undefined when nothing that ran could have dropped it. */
  readonly until: bigint | undefined;
  /** When it was surely dropped, if it surely was. */
  readonly gone: bigint | undefined;
}

/** A buffer that an allocation gave, and everything known to hold it. */
export interface HeldBuffer {
  readonly allocation: Event;
  /** Bytes, as the implementation said or as asked and rounded up. */
  readonly bytes: bigint;
  readonly holdings: readonly Holding[];
  /** Whether it may live on in ways that are not among the holdings: sent, or in a forked child. */
  readonly elsewhere: boolean;
}

/**
 * The buffers of a timeline with what holds each, and for how long.
 *
 * Sound in one direction each: `from` to `until` is never too long, `gone` never too early. A close
 * of the same number at about the same time counts as a drop, whoever's number it was; an operation
 * on a number is on the buffer that surely had it all the while, and on nothing known otherwise.
 *
 * @param page bytes
 */
export function buffersOf(timeline: Timeline, abi: Abi, page: bigint): HeldBuffer[] {
  return new Bookkeeper(timeline, abi, page).buffers();
}

/** Successful requests for a buffer that put a new number into their argument. */
export function allocationsOf({ events }: Timeline, abi: Abi): Event[] {
  const command = commandOf(abi);
  return events.filter(
    ({ operation, result }) =>
      operation.op === 'ioctl' &&
      operation.request === command &&
      succeeded(result) &&
      result.out.length >= abi.command.size,
  );
}

/** The number that an allocation gave. */
export const numberOf = (allocation: Event, abi: Abi): bigint =>
  readField(allocation.result.out, fieldOf(abi, 'descriptor'));

/** Bytes of a buffer: the length that was asked for, or the larger of two, in whole pages. */
function bytesOf({ operation }: Event, abi: Abi, page: bigint): bigint {
  if (operation.op !== 'ioctl') return 0n;
  const field = fieldOf(abi, 'length');
  const { bytes, placement } = operation.argument;
  const first = readField(bytes, field);
  const flips = placement?.kind === 'flipped' && placement.offset === field.offset;
  const asked = flips && placement.value > first ? placement.value : first;
  return ((asked + page - 1n) / page) * page;
}

/** A buffer while the books are kept. */
interface Entry {
  readonly allocation: Event;
  readonly bytes: bigint;
  readonly holdings: Holding[];
  elsewhere: boolean;
}

class Bookkeeper {
  readonly #timeline: Timeline;
  readonly #abi: Abi;
  readonly #page: bigint;
  readonly #drops: readonly Drop[];
  readonly #entries: Entry[] = [];

  constructor(timeline: Timeline, abi: Abi, page: bigint) {
    this.#timeline = timeline;
    this.#abi = abi;
    this.#page = page;
    this.#drops = dropsOf(timeline);
  }

  buffers(): HeldBuffer[] {
    const allocations = new Set(allocationsOf(this.#timeline, this.#abi));
    // What a call can refer to was made by calls that had returned by then.
    const inOrder = this.#timeline.events.toSorted((a, b) =>
      a.result.call < b.result.call ? -1 : 1,
    );
    for (const event of inOrder) {
      if (allocations.has(event)) this.#allocated(event);
      else if (event.operation.op === 'fork') this.#forked(event, event.operation.client);
      else this.#derived(event);
    }
    return this.#entries;
  }

  #allocated(event: Event): void {
    const bytes = bytesOf(event, this.#abi, this.#page);
    const entry: Entry = { allocation: event, bytes, holdings: [], elsewhere: false };
    this.#entries.push(entry);
    this.#hold(entry, event, 'descriptor', numberOf(event, this.#abi), 0n);
  }

  /** A new holding made from another. */
  #derived(event: Event): void {
    const { operation, result } = event;
    const source = sourceOf(operation, this.#timeline);
    // What failed made nothing; what never came back may have.
    if (source === undefined || (result.return !== undefined && !succeeded(result))) return;
    const owner = this.#ownerOf(event, source);
    if (owner === undefined) this.#suspect(event, source);
    else if (operation.op === 'sendfd') owner.elsewhere = true;
    else {
      const maps = operation.op === 'mmap' || operation.op === 'mremap';
      const length = lengthOf(operation, this.#timeline);
      this.#hold(owner, event, maps ? 'mapping' : 'descriptor', result.value, length);
    }
  }

  #hold(entry: Entry, made: Event, kind: Holding['kind'], value: bigint, length: bigint): void {
    const { client, result } = made;
    if (result.return === undefined) {
      entry.elsewhere = true;
      return;
    }
    const about = { kind, client, value, length, made };
    entry.holdings.push(lasting(about, result.call, result.return, this.#drops));
  }

  #ownerOf({ client, result }: Event, { kind, value }: Source): Entry | undefined {
    const { call, return: back } = result;
    if (back === undefined) return undefined;
    return this.#entries.find(({ holdings }) =>
      holdings.some(
        (one) =>
          one.client === client &&
          one.kind === kind &&
          one.value === value &&
          heldDuring(one, call, back),
      ),
    );
  }

  /** Nobody knows which of these the operation was on, so each may be held by what it made. */
  #suspect({ client, result }: Event, { kind, value }: Source): void {
    for (const entry of this.#entries) {
      const possible = entry.holdings.some(
        (one) =>
          one.client === client &&
          one.kind === kind &&
          one.value === value &&
          (one.gone === undefined || one.gone >= result.call),
      );
      if (possible) entry.elsewhere = true;
    }
  }

  /** A child holds what its parent held during the whole of the fork. */
  #forked({ client: parent, result }: Event, child: string): void {
    const { call, return: back } = result;
    if (back !== undefined && !succeeded(result)) return;
    for (const entry of this.#entries) {
      for (const held of entry.holdings.filter((one) => one.client === parent)) {
        if (held.gone !== undefined && held.gone < call) continue;
        if (back !== undefined && heldDuring(held, call, back)) {
          entry.holdings.push(lasting({ ...held, client: child }, call, back, this.#drops));
        } else {
          entry.elsewhere = true;
        }
      }
    }
  }
}

/** What an operation makes a further holding of. */
interface Source {
  readonly kind: Holding['kind'];
  readonly value: bigint;
}

/** F_DUPFD and F_DUPFD_CLOEXEC. */
const DUPLICATES: readonly unknown[] = [0n, 1030n];

function sourceOf(operation: Operation, timeline: Timeline): Source | undefined {
  const number = (fd: Parameters<Timeline['valueOf']>[0]): Source => ({
    kind: 'descriptor',
    value: BigInt.asIntN(32, timeline.valueOf(fd)),
  });
  switch (operation.op) {
    case 'dup':
    case 'dup2':
    case 'dup3':
    case 'reopen':
    case 'mmap':
      return number(operation.fd);
    case 'fcntl':
      return DUPLICATES.includes(operation.command) ? number(operation.fd) : undefined;
    case 'sendfd':
      return number(operation.passed);
    case 'mremap':
      return { kind: 'mapping', value: timeline.valueOf(operation.address) };
    default:
      return undefined;
  }
}

/** How long something lasts that was made in [call, from]. */
function lasting(
  about: Pick<Holding, 'kind' | 'client' | 'value' | 'length' | 'made'>,
  call: bigint,
  from: bigint,
  drops: readonly Drop[],
): Holding {
  const mine = drops.filter(
    (drop) =>
      drop.client === about.client &&
      drop.event !== about.made &&
      (drop.return === undefined || drop.return >= call) &&
      drop.hits(about) !== 'no',
  );
  const until = mine.map((drop) => drop.call).reduce(earliest, undefined);
  const gone = mine
    .filter((drop) => drop.sure && drop.call >= from && drop.hits(about) === 'whole')
    .map((drop) => drop.return)
    .reduce(earliest, undefined);
  return { ...about, from, until, gone };
}

function lengthOf(operation: Operation, timeline: Timeline): bigint {
  if (operation.op === 'mmap') return timeline.valueOf(operation.length);
  return operation.op === 'mremap' ? timeline.valueOf(operation.newLength) : 0n;
}

const earliest = (a: bigint | undefined, b: bigint | undefined): bigint | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;

/** Whether a holding was surely there during all of [from, to]. */
export const heldDuring = (
  { from: since, until }: Pick<Holding, 'from' | 'until'>,
  from: bigint,
  to: bigint,
): boolean => since <= from && (until === undefined || until > to);

/** A time, in nanoseconds; without an end when nothing is known to have ended it. */
export interface Interval {
  readonly from: bigint;
  readonly until: bigint | undefined;
}

/** When a buffer surely lived: the times of its holdings, joined where they overlap. */
export function livesOf({ holdings }: HeldBuffer): Interval[] {
  const sorted = holdings
    .filter(({ from, until }) => until === undefined || until > from)
    .toSorted((a, b) => (a.from < b.from ? -1 : 1));
  const joined: Interval[] = [];
  for (const { from, until } of sorted) {
    const last = joined.at(-1);
    if (last === undefined || (last.until !== undefined && last.until < from)) {
      joined.push({ from, until });
    } else if (last.until !== undefined && (until === undefined || until > last.until)) {
      joined[joined.length - 1] = { from: last.from, until };
    }
  }
  return joined;
}

/** Whether a buffer surely lived during all of [from, to]. */
export const livedDuring = (buffer: HeldBuffer, from: bigint, to: bigint): boolean =>
  livesOf(buffer).some((life) => heldDuring(life, from, to));
