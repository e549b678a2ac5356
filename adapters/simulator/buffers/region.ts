import { PageStore } from '../kernel/pages.ts';
import { PageMap } from './page-map.ts';

/** The largest order that any region’s first page is aligned to. */
export const ORDER_MAX = 10;

/** The byte that boot code left in a page: never zero, so that a buffer not cleared shows it. */
export const bootResidue = (page: number): number => 0x80 | (page & 0x7f);

/** Where a region keeps its books and its contents: its own memory, or one that is shared. */
export interface RegionMemory {
  readonly map: PageMap;
  /** One word: pages that are taken now. */
  readonly taken: Int32Array;
  readonly store: PageStore;
  /** Held while pages are looked for and marked; who is alone with a region needs none. */
  readonly lock?: RegionLock;
}

/** Keeps all threads but one out. */
export interface RegionLock {
  take(): void;
  give(): void;
}

/**
 * A CMA region: page frames of the machine, a bitmap of pages, first fit, and the pages' contents.
 * Freed pages keep what they held, as real ones do. Source: cma_alloc and cma_release of the
 * kernel's mm/cma.c, whose bitmap has a lock, too.
 */
export class Region {
  readonly pageCount: number;
  /** Number of the page frame that the region begins with. */
  readonly firstFrame: number;
  readonly store: PageStore;
  readonly #map: PageMap;
  readonly #taken: Int32Array;
  readonly #lock: RegionLock | undefined;

  /**
   * @param firstFrame a multiple of the largest alignment that any client asks for
   * @param memory shared with other threads; the region's own when left out
   */
  constructor(bytes: number, pageBytes: number, firstFrame = 0, memory?: RegionMemory) {
    this.firstFrame = firstFrame;
    this.pageCount = bytes / pageBytes;
    this.store = memory?.store ?? new PageStore(pageBytes, bootResidue);
    this.#map = memory?.map ?? new PageMap(this.pageCount);
    this.#taken = memory?.taken ?? new Int32Array(1);
    this.#lock = memory?.lock;
  }

  /** Pages that are free now: CmaFree counts them. */
  get freePages(): number {
    return this.pageCount - (this.#taken[0] as number);
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
    return this.allocateFrom(0, count, order);
  }

  /** As {@link allocate}, among the pages from one on. */
  protected allocateFrom(from: number, count: number, order: number): number | undefined {
    this.lock();
    const first = this.#search(from, count, 2 ** order);
    if (first !== undefined) this.mark(first, count, true);
    this.unlock();
    return first;
  }

  #search(from: number, count: number, alignment: number): number | undefined {
    if (count === 0 || count > this.freePages) return undefined;
    let free = this.#map.nextFree(from);
    for (;;) {
      const first = (free + alignment - 1) & -alignment;
      const end = first + count;
      if (end > this.pageCount) return undefined;
      const taken = this.#map.nextTaken(first, end);
      if (taken === end) return first;
      free = this.#map.nextFree(taken + 1);
    }
  }

  /** Gives pages back; their contents stay. */
  release(first: number, count: number): void {
    this.lock();
    this.mark(first, count, false);
    this.unlock();
  }

  protected lock(): void {
    this.#lock?.take();
  }

  protected unlock(): void {
    this.#lock?.give();
  }

  /** Marks pages as taken or free; whoever calls it holds the lock. */
  mark(first: number, count: number, taken: boolean): void {
    const changed = this.#map.mark(first, Math.min(first + count, this.pageCount), taken);
    this.#taken[0] = (this.#taken[0] as number) + (taken ? changed : -changed);
  }
}
