import { usageError } from '../../base/errors.ts';
import { SLOTS_MAX } from './operations.ts';

/** A slot on the wire: its number, and whether the iteration of the enclosing `repeat` is added. */
export interface SlotNumber {
  readonly number: number;
  readonly indexed: boolean;
}

/** Names and the numbers that stand for them on the wire. */
export interface NamesOnWire {
  /** `[name, first number, how many]` of a slot or a family of slots. */
  readonly slots: readonly (readonly [string, number, number])[];
  /** `[name, number]` of a client. */
  readonly clients: readonly (readonly [string, number])[];
}

/** A name that most are: no member of a family. */
const PLAIN_NAME = /^[a-z][a-z0-9-]*$/;
const NAME = /^([a-z][a-z0-9-]*)(?:\[(i|\d+)\])?$/;

/**
 * Numbers for the names of slots and clients. Programs name them; the wire numbers them. One table
 * lives from one `Session.begin` to the next.
 */
export class NameTable {
  readonly #slots = new Map<string, { first: number; count: number }>();
  readonly #clients = new Map<string, number>([['main', 0]]);
  /** Slots that were resolved, until a name is given to other numbers. */
  readonly #resolved = new Map<string, SlotNumber>();
  /** Slots that were defined, with the iterations that there are numbers for; the same. */
  readonly #defined = new Map<string, { readonly slot: SlotNumber; readonly iterations: number }>();
  #nextSlot = 0;
  #newSlots: (readonly [string, number, number])[] = [];
  #newClients: (readonly [string, number])[] = [];

  /**
   * The number that a result goes to; an `x[i]` family reserves one for each iteration.
   *
   * @param iterations how often the enclosing `repeat` runs at most; 1 outside
   * @throws {@link AllocertError} for a malformed name or when the numbers run out
   */
  define(name: string, iterations: number): SlotNumber {
    const before = this.#defined.get(name);
    if (before !== undefined && before.iterations >= iterations) return before.slot;
    const slot = this.#number(name, iterations);
    this.#defined.set(name, { slot, iterations });
    return slot;
  }

  #number(name: string, iterations: number): SlotNumber {
    const { base, index } = parse(name);
    const count = index === 'i' ? iterations : index === undefined ? 1 : Number(index) + 1;
    const known = this.#slots.get(base);
    if (known !== undefined && known.count >= count) return numbered(known.first, index);
    if (this.#nextSlot + count > SLOTS_MAX) {
      throw usageError(`a case may use ${SLOTS_MAX} slots; repeat fewer times or reuse names`);
    }
    const first = this.#nextSlot;
    this.#nextSlot += count;
    this.#slots.set(base, { first, count });
    if (known !== undefined) {
      this.#resolved.clear();
      this.#defined.clear();
    }
    this.#newSlots.push([base, first, count]);
    return numbered(first, index);
  }

  /**
   * The number of a slot that an earlier operation defined.
   *
   * @throws {@link AllocertError} when none did
   */
  resolve(name: string): SlotNumber {
    const before = this.#resolved.get(name);
    if (before !== undefined) return before;
    const { base, index } = parse(name);
    const known = this.#slots.get(base);
    if (known === undefined || (index !== undefined && index !== 'i' && +index >= known.count)) {
      throw usageError(`slot ${name} is used before any operation puts a result there`);
    }
    const slot = numbered(known.first, index);
    this.#resolved.set(name, slot);
    return slot;
  }

  /** The number of a client; a new name gets the next one. */
  client(name: string): number {
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const number = this.#clients.size;
    this.#clients.set(name, number);
    this.#newClients.push([name, number]);
    return number;
  }

  /** What was numbered since this was asked last; undefined when nothing was. */
  takeNew(): NamesOnWire | undefined {
    if (this.#newSlots.length === 0 && this.#newClients.length === 0) return undefined;
    const taken = { slots: this.#newSlots, clients: this.#newClients };
    this.#newSlots = [];
    this.#newClients = [];
    return taken;
  }

  /** The name of a client on the wire, or its number in words when nothing named it. */
  clientName(number: number): string {
    for (const [name, known] of this.#clients) if (known === number) return name;
    return `client ${number}`;
  }
}

function parse(name: string): { base: string; index: string | undefined } {
  if (PLAIN_NAME.test(name)) return { base: name, index: undefined };
  const match = NAME.exec(name);
  if (match?.[1] === undefined) {
    throw usageError(`"${name}" is not a slot name: use lower-case letters, digits, - and [i]`);
  }
  return { base: match[1], index: match[2] };
}

function numbered(first: number, index: string | undefined): SlotNumber {
  if (index === 'i') return { number: first, indexed: true };
  return { number: first + (index === undefined ? 0 : Number(index)), indexed: false };
}
