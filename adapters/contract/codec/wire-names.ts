import { parseJson } from '../../../base/parse-json.ts';
import type { NamesOnWire } from '../names.ts';
import { SLOTS_MAX } from '../operations.ts';

/** A client that no name was sent for. */
const NO_CLIENT = 0xffff_ffff;
const CLIENTS_MAX = 4096;
/** Names are written wherever they are used, so that a long one would be kept many times. */
const NAME_LENGTH = 128;
const NAME = /^[a-z][a-z0-9-]*$/;

interface Family {
  readonly base: string;
  readonly first: number;
  readonly count: number;
}

/** The names behind the numbers of a peer's Programs: what its `NameTable` said of itself. */
export class WireNames {
  readonly #families: (Family | undefined)[] = [];
  readonly #clients = new Map<number, string>([[0, 'main']]);
  readonly #numbers = new Map<string, number>([['main', 0]]);

  /**
   * Learns further names.
   *
   * @throws RangeError for what no `NameTable` says
   */
  learn(names: NamesOnWire): void {
    for (const [base, first, count] of names.slots) {
      const named = base.length <= NAME_LENGTH && NAME.test(base);
      const sound = named && isNumber(first) && isNumber(count) && count > 0;
      if (!sound || first + count > SLOTS_MAX || this.#families.length > first) {
        throw new RangeError('a slot has a name or a number that it cannot have');
      }
      this.#families.length = first;
      const family = { base, first, count };
      for (let member = 0; member < count; member += 1) this.#families.push(family);
    }
    for (const [name, number] of names.clients) {
      if (!isNumber(number) || number > CLIENTS_MAX || this.#clients.has(number)) {
        throw new RangeError('a client has a number that it cannot have');
      }
      if (name.length > NAME_LENGTH) throw new RangeError('a client has a name that is too long');
      this.#clients.set(number, name);
      this.#numbers.set(name, number);
    }
  }

  /**
   * A slot as Programs write it.
   *
   * @throws RangeError when nothing was said of it
   */
  slot(number: number, indexed: boolean): string {
    const family = this.#families[number];
    if (family === undefined || (indexed && number !== family.first)) {
      throw new RangeError(`slot ${number} was given no name`);
    }
    if (indexed) return `${family.base}[i]`;
    return family.count === 1 ? family.base : `${family.base}[${number - family.first}]`;
  }

  /**
   * A client as Programs write it.
   *
   * @throws RangeError when nothing was said of it
   */
  client(number: number): string {
    const name = this.#clients.get(number);
    if (name === undefined) throw new RangeError(`client ${number} was given no name`);
    return name;
  }

  /** The number of a client that a History names. */
  readonly numberOf = (name: string): number => this.#numbers.get(name) ?? NO_CLIENT;
}

const isNumber = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** Names as the payload of a frame: JSON, since they are text. */
export const encodeNames = (names: NamesOnWire): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(names));

/**
 * Names from the payload of a frame.
 *
 * @throws RangeError when it holds something else
 */
export function decodeNames(payload: Uint8Array): NamesOnWire {
  const names = parsed(payload) as Partial<NamesOnWire> | null;
  const { slots, clients } = names ?? {};
  const sound =
    isTable(slots, ['string', 'number', 'number']) && isTable(clients, ['string', 'number']);
  if (!sound) throw new RangeError('the names of slots and clients are malformed');
  return { slots: slots ?? [], clients: clients ?? [] };
}

function parsed(payload: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder().decode(payload));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return null;
    throw thrown;
  }
}

const isTable = (table: unknown, types: readonly string[]): boolean =>
  Array.isArray(table) &&
  table.every(
    (row) =>
      Array.isArray(row) &&
      row.length === types.length &&
      row.every((cell, column) => typeof cell === types[column]),
  );
