import {
  descriptorsIn,
  linux,
  type Operation,
  type OperationOf,
  operandAt,
  specOf,
  succeeded,
} from '../../adapters/contract/index.ts';
import type { Abi } from '../../catalogue/catalogue.ts';
import { allocationsOf, descriptorGiven, sizesOf } from './allocations.ts';
import { DropIndex } from './drop-index.ts';
import { type KeepAdvice, keepAdvicesIn } from './keep-advice.ts';
import { type HeldBuffer, heldDuring, type Reference } from './lifetimes.ts';
import { dropsOf, type ReferenceDrop } from './reference-drops.ts';
import { ReferenceIndex } from './reference-index.ts';
import { withLifetime } from './reference-lifetime.ts';
import { type Event, intOf, type Timeline } from './timeline.ts';

/**
 * The buffers of a timeline with what holds each, and for how long.
 *
 * Sound in one direction each: `from` to `until` is never too long, `gone` never too early. A close
 * of the same descriptor at about the same time counts as a drop, whichever file it was; an
 * operation on a descriptor is on the buffer that surely had it all the while, and on nothing known
 * otherwise.
 *
 * @param page bytes
 */
export function buffersOf(timeline: Timeline, abi: Abi, page: bigint): HeldBuffer[] {
  return new Bookkeeper(timeline, abi, page).buffers();
}

/** A buffer while the books are kept. */
interface Entry {
  /** How many were there before it. */
  readonly number: number;
  readonly allocation: Event;
  readonly bytes: bigint;
  readonly leastBytes: bigint;
  readonly references: Reference[];
  elsewhere: boolean;
}

class Bookkeeper {
  readonly #timeline: Timeline;
  readonly #abi: Abi;
  readonly #page: bigint;
  readonly #drops: readonly ReferenceDrop[];
  readonly #dropsOf: DropIndex;
  /** References by what a client may name them by, with the buffer of each. */
  readonly #named = new ReferenceIndex<Named>();
  readonly #entries: Entry[] = [];
  readonly #suspects: Suspect[] = [];
  readonly #keptBack: readonly KeepAdvice[];

  constructor(timeline: Timeline, abi: Abi, page: bigint) {
    this.#timeline = timeline;
    this.#abi = abi;
    this.#page = page;
    this.#drops = dropsOf(timeline);
    this.#keptBack = keepAdvicesIn(timeline);
    this.#dropsOf = new DropIndex(this.#drops);
  }

  buffers(): HeldBuffer[] {
    const allocations = new Set(allocationsOf(this.#timeline, this.#abi));
    // What a call can refer to was made by calls that had returned by then.
    const { inOrder } = this.#timeline;
    for (const event of inOrder) {
      if (allocations.has(event)) this.#allocated(event);
      else if (event.operation.op === 'fork') this.#forked(event, event.operation.client);
      else this.#derived(event);
    }
    for (const suspect of this.#suspects) this.#suspect(suspect);
    for (const event of this.#timeline.named('fork')) this.#mayInherit(event);
    return this.#entries;
  }

  #allocated(event: Event): void {
    const sizes = sizesOf(event, this.#abi, this.#page);
    const number = this.#entries.length;
    const entry: Entry = { number, allocation: event, ...sizes, references: [], elsewhere: false };
    this.#entries.push(entry);
    this.#hold(entry, event, 'descriptor', descriptorGiven(event, this.#abi), 0n);
  }

  /** A new reference made from another. */
  #derived(event: Event): void {
    const { operation, result } = event;
    const source = sourceOf(operation, this.#timeline);
    // What failed made nothing; what never returned may have.
    if (result.return !== undefined && !succeeded(result)) return;
    if (operation.op === 'recvfd') this.#received(event, operation);
    if (source === undefined) return;
    const owner = this.#ownerOf(event, source);
    if (owner === undefined) this.#suspects.push({ event, source });
    else if (isLoose(operation, this.#timeline)) owner.elsewhere = true;
    else {
      const { kind, length } = givenBy(operation, this.#timeline);
      this.#hold(owner, event, kind, result.value, length);
    }
  }

  /** The descriptor in a message, if it was the only message between these two sockets. */
  #received(event: Event, { fd, flags = 0n }: OperationOf<'recvfd'>): void {
    if (typeof fd === 'bigint' || fd.offset === undefined || flags !== 0n) return;
    const { result } = event;
    const sends = this.#timeline
      .named('sendfd')
      .filter(
        ({ operation }) =>
          operation.op === 'sendfd' &&
          (typeof operation.fd === 'bigint' || operation.fd.slot === fd.slot),
      );
    const [sent] = sends;
    const pair = this.#timeline.producer(fd.slot);
    if (sent?.operation.op !== 'sendfd' || sends.length > 1 || pair === undefined) return;
    const { return: back = result.call } = sent.result;
    if (!succeeded(sent.result) || back >= result.call) return;
    if (pair.operation.op !== 'socketpair' || this.#mayBeClosed(pair, result.return)) return;
    const passed = BigInt.asIntN(32, this.#timeline.valueOf(sent.operation.passed));
    const owner = this.#ownerOf(sent, { kind: 'descriptor', value: passed });
    if (owner !== undefined) this.#hold(owner, event, 'descriptor', result.value, 0n);
  }

  /**
   * Whether a close of one of two sockets had begun by then: its descriptor may be another file.
   */
  #mayBeClosed({ result }: Event, instant: bigint | undefined): boolean {
    const numbers = descriptorsIn(result.out).map(BigInt);
    return this.#drops.some(
      (drop) =>
        (instant === undefined || drop.call <= instant) &&
        (drop.return === undefined || drop.return >= result.call) &&
        numbers.some((value) => drop.hits({ kind: 'descriptor', value, length: 0n }) !== 'no'),
    );
  }

  #hold(entry: Entry, made: Event, kind: Reference['kind'], value: bigint, length: bigint): void {
    const { client, result } = made;
    if (result.return === undefined) {
      entry.elsewhere = true;
      return;
    }
    this.#give(entry, { kind, client, value, length, made }, result.call, result.return);
  }

  #give(entry: Entry, about: Made, call: bigint, from: bigint): void {
    const reference = withLifetime(about, call, from, this.#dropsOf.on(about));
    entry.references.push(reference);
    this.#named.add(reference, { entry, reference });
  }

  #ownerOf({ client, result }: Event, { kind, value }: Source): Entry | undefined {
    const { call, return: back } = result;
    if (back === undefined) return undefined;
    let owner: Entry | undefined;
    for (const { entry, reference } of this.#named.at({ client, kind, value })) {
      if (entry === owner || !heldDuring(reference, call, back)) continue;
      // Of several, which only a wrong target has, it is the first.
      if (owner === undefined || entry.number < owner.number) owner = entry;
    }
    return owner;
  }

  /**
   * Nobody knows which of these the operation was on, so each may be held by what it made: what had
   * begun to be made before it returned, and was not gone when it was called. A descriptor can be
   * guessed before its request is even made, so all must be known first.
   */
  #suspect({ event: { client, result }, source: { kind, value } }: Suspect): void {
    const { call, return: back } = result;
    for (const { entry, reference } of this.#named.at({ client, kind, value })) {
      const { gone, made } = reference;
      const isPossible =
        (back === undefined || made.result.call <= back) && (gone === undefined || gone >= call);
      if (isPossible) entry.elsewhere = true;
    }
  }

  /** A child holds what its parent held during the whole of the fork. */
  #forked({ client: parent, result }: Event, child: string): void {
    const { call, return: back } = result;
    if (back === undefined || !succeeded(result)) return;
    for (const entry of this.#entries) {
      const { references } = entry;
      const held = references.filter((one) => one.client === parent && heldDuring(one, call, back));
      const kept = held.filter((one) => this.#keptBack.some((advice) => advice.touches(one, back)));
      if (kept.length > 0) entry.elsewhere = true;
      const inherited = held.filter((one) => !kept.includes(one));
      for (const one of inherited) this.#give(entry, { ...one, client: child }, call, back);
    }
  }

  /**
   * A child may hold what its parent had at some instant of the fork. What that was is known only
   * when all is: something that was made during the fork may have been called for after it.
   */
  #mayInherit({ client: parent, result }: Event): void {
    const { call, return: back } = result;
    if (back !== undefined && !succeeded(result)) return;
    for (const entry of this.#entries) {
      const possible = entry.references.some(
        (one) =>
          one.client === parent &&
          (back === undefined || one.made.result.call <= back) &&
          (one.gone === undefined || one.gone >= call) &&
          (back === undefined || !heldDuring(one, call, back)),
      );
      if (possible) entry.elsewhere = true;
    }
  }
}

/** A reference, before it is known how long it lasts. */
type Made = Pick<Reference, 'kind' | 'client' | 'value' | 'length' | 'made'>;

interface Named {
  readonly entry: Entry;
  readonly reference: Reference;
}

/** The descriptor or mapping from which an operation makes a further reference. */
interface Source {
  readonly kind: Reference['kind'];
  readonly value: bigint;
}

/** An operation on a descriptor or a mapping whose buffer is unknown. */
interface Suspect {
  readonly event: Event;
  readonly source: Source;
}

/**
 * Whether what an operation makes may hold a buffer in a way that nothing more is known of: a
 * message, and a descriptor of the path alone (O_PATH), which holds it on some kernels only.
 */
const isLoose = (operation: Operation, timeline: Timeline): boolean =>
  specOf(operation.op).gives?.kind === 'message' ||
  (operation.op === 'reopen' && (timeline.valueOf(operation.flags) & linux.O_PATH) !== 0n);

/** Commands of fcntl that give a duplicate. */
const DUPLICATES: readonly unknown[] = [linux.F_DUPFD, linux.F_DUPFD_CLOEXEC];

function sourceOf(operation: Operation, timeline: Timeline): Source | undefined {
  const { arguments: given, gives } = specOf(operation.op);
  if (gives?.of === undefined) return undefined;
  if (operation.op === 'fcntl') {
    const command = intOf(timeline.valueOf(operation.command));
    if (!DUPLICATES.includes(command)) return undefined;
  }
  const value = timeline.valueOf(operandAt(operation, gives.of));
  return given[gives.of] === 'address'
    ? { kind: 'mapping', value }
    : { kind: 'descriptor', value: BigInt.asIntN(32, value) };
}

/** The kind of what an operation with a source gives, and the bytes of a mapping. */
function givenBy(operation: Operation, timeline: Timeline): Pick<Reference, 'kind' | 'length'> {
  const { gives } = specOf(operation.op);
  if (gives?.kind !== 'mapping') return { kind: 'descriptor', length: 0n };
  return { kind: 'mapping', length: timeline.valueOf(operandAt(operation, gives.length ?? '')) };
}
