import { PageStore } from './pages.ts';

/** What boot code left in a page: never zero, so that a buffer that was not cleared shows it. */
const bootResidue = (page: number): number => 0x80 | (page & 0x7f);

/**
 * A CMA region: page frames of the machine, a bitmap of pages, first fit, and the pages' contents. Freed pages keep what they
 * held, as real ones do. Source: cma_alloc and cma_release of the kernel's mm/cma.c.
 */
export class Region {
  readonly pageCount: number;
  /** Number of the page frame that the region begins with. */
  readonly firstFrame: number;
  readonly store: PageStore;
  readonly #used: Uint8Array;
  #freePages: number;
  /** Callers during whose work pages cannot be given back (a defect). */
  contended = 0;
  /** Where {@link allocateOnwards} looks next. */
  #cursor = 0;

  /** @param firstFrame a multiple of the largest alignment that anybody asks for */
  constructor(bytes: number, pageBytes: number, firstFrame = 0) {
    this.firstFrame = firstFrame;
    this.pageCount = bytes / pageBytes;
    this.store = new PageStore(pageBytes, bootResidue);
    this.#used = new Uint8Array(this.pageCount);
    this.#freePages = this.pageCount;
  }

  /** Pages that are free now: CmaFree counts them. */
  get freePages(): number {
    return this.#freePages;
  }

  /** The page frames as a range, both ends included. */
  get frames(): string {
    const last = this.firstFrame + this.pageCount - 1;
    return `0x${this.firstFrame.toString(16)}-0x${last.toString(16)}`;
  }

  /**
   * Takes the first run of free pages.
   *
   * @param order alignment of the first page: a multiple of 2^order pages
   * @returns the number of the first page, or undefined when there is no such run
   */
  allocate(count: number, order = 0): number | undefined {
    return this.#allocateFrom(0, count, order);
  }

  #allocateFrom(from: number, count: number, order: number): number | undefined {
    if (count === 0 || count > this.#freePages) return undefined;
    const alignment = 2 ** order;
    let first = this.#used.indexOf(0, from);
    while (first !== -1) {
      first = Math.ceil(first / alignment) * alignment;
      if (first + count > this.pageCount) return undefined;
      const taken = this.#used.subarray(first, first + count).lastIndexOf(1);
      if (taken === -1) {
        this.#mark(first, count, 1);
        return first;
      }
      first = this.#used.indexOf(0, first + taken + 1);
    }
    return undefined;
  }

  /** As {@link allocate}, but never looks back until all pages are free again (a defect). */
  allocateOnwards(count: number, order: number): number | undefined {
    if (this.#freePages === this.pageCount) this.#cursor = 0;
    const first = this.#allocateFrom(this.#cursor, count, order);
    if (first !== undefined) this.#cursor = first + count;
    return first;
  }

  /** Takes pages without a look at who has them (a defect). */
  claim(first: number, count: number): void {
    this.#mark(first, count, 1);
  }

  /** Gives pages back; their contents stay. */
  release(first: number, count: number): void {
    if (this.contended > 0) return;
    this.#mark(first, count, 0);
  }

  #mark(first: number, count: number, value: 0 | 1): void {
    const end = Math.min(first + count, this.pageCount);
    for (let page = first; page < end; page += 1) {
      if (this.#used[page] === value) continue;
      this.#used[page] = value;
      this.#freePages += value === 1 ? -1 : 1;
    }
  }
}
