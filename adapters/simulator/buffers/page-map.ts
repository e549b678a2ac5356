/**
 * Which pages are taken, one bit for each: set when it is. The bits may lie in memory that threads
 * share; whoever changes them then holds a lock. Source: find_next_zero_bit and find_next_bit of
 * the kernel's lib/find_bit.c, with which mm/cma.c searches.
 */
export class PageMap {
  readonly pageCount: number;
  readonly #words: Int32Array<ArrayBufferLike>;

  /** @param words of {@link PageMap.wordsFor} words, zero for free */
  constructor(
    pageCount: number,
    words: Int32Array<ArrayBufferLike> = new Int32Array(PageMap.wordsFor(pageCount)),
  ) {
    this.pageCount = pageCount;
    this.#words = words;
  }

  /** 32-bit words that the bits of so many pages take. */
  static wordsFor(pageCount: number): number {
    return Math.ceil(pageCount / 32);
  }

  /** The first free page from one on; {@link pageCount} when there is none. */
  nextFree(from: number): number {
    return this.#next(from, this.pageCount, -1);
  }

  /** The first taken page in [from, end); `end` when there is none. */
  nextTaken(from: number, end: number): number {
    return this.#next(from, end, 0);
  }

  /** @param flip -1 to find clear bits, 0 to find set ones */
  #next(from: number, end: number, flip: -1 | 0): number {
    if (from >= end) return end;
    const words = this.#words;
    let at = from >>> 5;
    let found = ((words[at] as number) ^ flip) & (-1 << (from & 31));
    while (found === 0) {
      at += 1;
      if (at * 32 >= end) return end;
      found = (words[at] as number) ^ flip;
    }
    return Math.min(end, at * 32 + 31 - Math.clz32(found & -found));
  }

  /**
   * Marks pages [first, end) as taken or free.
   *
   * @returns how many of them were not so before
   */
  mark(first: number, end: number, taken: boolean): number {
    const words = this.#words;
    let changed = 0;
    for (let page = first; page < end; ) {
      const at = page >>> 5;
      const stop = Math.min(end, (at + 1) * 32);
      const mask = (-1 << (page & 31)) & (-1 >>> ((at + 1) * 32 - stop));
      const before = words[at] as number;
      const after = taken ? before | mask : before & ~mask;
      words[at] = after;
      changed += bitsIn(before ^ after);
      page = stop;
    }
    return changed;
  }
}

/** How many bits of a word are set. */
function bitsIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
