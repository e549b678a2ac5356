import { type PageContents, PageStore } from '../kernel/pages.ts';

/** Bytes of a page in parallel mode: a word says who wrote to it, and more is not looked at. */
export const PAGE_BYTES = 4;

/** The contents of a region's pages in memory that threads share; each page is one word long. */
export class SharedPages extends PageStore {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(words: Int32Array) {
    super(PAGE_BYTES);
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  }

  override contents(page: number): PageContents {
    return this.bytes(page);
  }

  override fill(page: number, byte: number): void {
    this.#words[page] = Math.imul(byte, 0x01010101);
  }

  override bytes(page: number): Uint8Array {
    return this.#bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  }

  override copyOf(page: number): PageContents {
    return this.bytes(page).slice();
  }

  override set(page: number, contents: PageContents): void {
    if (typeof contents === 'number') this.fill(page, contents);
    else this.bytes(page).set(contents);
  }

  override has(): boolean {
    return true;
  }

  /** Fills pages with a word of the caller's. */
  stamp(first: number, count: number, word: number): void {
    for (let page = first; page < first + count; page += 1) this.#words[page] = word;
  }

  /** The first of so many pages that is not filled with a word; -1 when all are. */
  differs(first: number, count: number, word: number): number {
    for (let page = first; page < first + count; page += 1) {
      if (this.#words[page] !== word) return page;
    }
    return -1;
  }

  wordAt(page: number): number {
    return this.#words[page] as number;
  }
}
