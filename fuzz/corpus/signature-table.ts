import type { RegionStanding } from './occupancy.ts';

/** How the buffer that an operation is about was held, as a signature says it. */
export const HELD = [
  'none',
  'forked',
  'sent',
  'duplicated',
  'descriptor',
  'mapping',
  'mapped',
] as const;

/** Calls of other threads that are told apart: none, one, and more. */
export const MET_MAX = 2;

/** Words of each kind are told apart by numbers below this. */
const RADIX = 16;

/** The place of the first two words in a number. */
const BEGINNING = RADIX ** 4;

/** Texts that are kept before the table is emptied: few campaigns show as many. */
const TEXTS_MAX = 1 << 17;

/**
 * Numbers for coverage signatures: a round asks for one with each operation, and for the text only
 * of those that differ. They hold until the table is emptied, between two rounds.
 */
export class SignatureTable {
  /** Numbers of the first two words together. */
  readonly #numbers = new Map<string, Map<string, number>>();
  readonly #beginnings: string[] = [];
  readonly #texts = new Map<number, string>();

  /** To be called where no number is in use. */
  trim(): void {
    if (this.#texts.size + this.#beginnings.length < TEXTS_MAX) return;
    this.#numbers.clear();
    this.#beginnings.length = 0;
    this.#texts.clear();
  }

  /**
   * @param name of the operation, which has no space in it
   * @param word its outcome
   * @param met calls of other threads, {@link MET_MAX} at most
   * @param held an index of {@link HELD}
   */
  numberOf(
    name: string,
    word: string,
    standing: RegionStanding,
    met: number,
    held: number,
  ): number {
    const { fragments, fullness } = standing;
    const about = ((fullness * RADIX + fragments) * RADIX + met) * RADIX + held;
    return this.#beginning(name, word) * BEGINNING + about;
  }

  /** The text of a number that this table gave. */
  textOf(number: number): string {
    const known = this.#texts.get(number);
    if (known !== undefined) return known;
    const part = (place: number): number => Math.floor(number / RADIX ** place) % RADIX;
    const beginning = this.#beginnings[Math.floor(number / BEGINNING)];
    const held = HELD[part(0)];
    const text = `${beginning} full${part(3)} ${fragmentsText(part(2))} met${part(1)} ${held}`;
    this.#texts.set(number, text);
    return text;
  }

  #beginning(name: string, word: string): number {
    let words = this.#numbers.get(name);
    if (words === undefined) {
      words = new Map();
      this.#numbers.set(name, words);
    }
    let number = words.get(word);
    if (number === undefined) {
      number = this.#beginnings.length;
      this.#beginnings.push(`${name} ${word}`);
      words.set(word, number);
    }
    return number;
  }
}

/** From this number on buffers are counted, and gaps below it. */
export const LIVE_FROM = 8;

const fragmentsText = (number: number): string =>
  number < LIVE_FROM ? `gap${number}` : `live${number - LIVE_FROM}`;
