import { createHash } from 'node:crypto';

/** Bytes of one choice. */
const CHOICE = 4;

/** A stream of choices that follows from a text alone. */
export class Choices {
  readonly #key: string;
  #block = Buffer.alloc(0);
  #blocks = 0;
  #at = 0;

  constructor(key: string) {
    this.#key = key;
  }

  /** A whole number from 0 up to but not including `bound`, which is at least 1. */
  below(bound: number): number {
    if (this.#at === this.#block.length) {
      this.#block = createHash('sha256').update(`${this.#key} ${this.#blocks}`).digest();
      this.#blocks += 1;
      this.#at = 0;
    }
    const word = this.#block.readUInt32LE(this.#at);
    this.#at += CHOICE;
    return word % bound;
  }

  /** One of a list; undefined when it is empty. */
  from<Item>(items: readonly Item[]): Item | undefined {
    return items[this.below(Math.max(items.length, 1))];
  }
}
