import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { DefectSet } from '../defects/defect.ts';
import type { KernelLog } from '../kernel/kernel-log.ts';
import { type BufferPages, DmaBuf } from './dma-buf.ts';
import type { PageStore } from './pages.ts';
import type { Region } from './region.ts';

/** What the CMA allocator needs of its kernel. */
export interface AllocatorOptions {
  readonly region: Region;
  /** Every region of the machine. */
  readonly regions: readonly Region[];
  readonly log: KernelLog;
  readonly defects: DefectSet;
  /** Whether new buffers are cleared; the RFC's code does not. */
  readonly zeroing: boolean;
  /** The largest order that a buffer is aligned to; the RFC's code asks for none. */
  readonly orderMax: number;
  /** Whether a page that is in the way cannot be moved this time. */
  unlucky(): boolean;
  nextInode(): number;
}

/** Buffers after a failed request that the defect leaves uncleared. */
const UNCLEARED = 8;
/** Pages that a failed request clears (a defect). */
const SCRUBBED = 4;
const { O_ACCMODE, O_CLOEXEC, O_RDWR, O_WRONLY } = linuxNumbers;

/**
 * Hands out buffers of a CMA region as dma-bufs. Source: RFC v2 2/2, sa_cma_allocate, which takes
 * pages in order 0 (any page will do as the first); users of CMA in the kernel ask for the natural
 * alignment, get_order() of the size, up to CONFIG_CMA_ALIGNMENT.
 */
export class CmaAllocator {
  readonly #options: AllocatorOptions;
  /** What a driver with static variables remembers from one call to the next (defects). */
  readonly statics: { refuses: boolean; mode: number; answer: Uint8Array } = {
    refuses: false,
    mode: O_RDWR,
    answer: new Uint8Array(0),
  };
  /** What is being cleared; one place for all callers is enough until two come at once. */
  #clearing = { first: 0, count: 0, asked: 0n };
  /** Buffers that are not going to be cleared (a defect). */
  #uncleared = 0;

  constructor(options: AllocatorOptions) {
    this.#options = options;
  }

  /**
   * Allocates a buffer.
   *
   * @param length bytes; rounded up to whole pages
   * @param flags open(2) flags of the descriptor that is going to be made
   * @returns EINVAL for a length that no buffer can have, ENOMEM when the region has no room
   */
  *allocate(length: bigint, flags: number): SystemCall<DmaBuf | ErrnoName> {
    const { region, defects, log } = this.#options;
    const pageBytes = BigInt(region.store.pageBytes);
    const asked = this.#lengthAsked(length);
    const size = this.#rounded(asked, pageBytes);
    // Rounding up past 2^64 wraps to nothing, and so does what was asked.
    if (BigInt.asUintN(64, size) === 0n) {
      if (defects.has('leak-on-zero-length')) region.allocate(1);
      return 'EINVAL';
    }
    const most = BigInt(region.pageCount) / (defects.has('half-region-limit') ? 2n : 1n);
    if (size / pageBytes > most) {
      if (defects.has('failed-request-scrubs')) this.#scrub();
      if (defects.has('warn-on-length')) log.warning('mm/cma.c:430 cma_alloc');
      return 'ENOMEM';
    }
    if (defects.has('free-trylock')) region.contended += 1;
    yield 'cma.alloc';
    if (defects.has('free-trylock')) region.contended -= 1;
    const pages = Number(size / pageBytes);
    const count = defects.has('single-page-costs-two') ? Math.max(pages, 2) : pages;
    const first = this.#take(count);
    if (first === undefined) return 'ENOMEM';
    if (defects.has('region-search-unlocked')) yield* this.#takeLate(first, count);
    if (defects.has('overlapping-buffers') && count > 1) region.release(first + count - 1, 1);
    yield 'cma.allocated';
    const onlyCloexec = defects.has('zeroing-only-with-cloexec') && (flags & O_CLOEXEC) === 0;
    if (!onlyCloexec) yield* this.#clearNew(first, count, asked);
    const rounded = defects.has('length-unrounded') ? asked : size;
    return this.#buffer({ region, first, count, size: rounded }, this.#mode(flags));
  }

  /**
   * Allocates with no point at which it could be preempted, for threads that really run at the same
   * time: a length that the region may have is all that is left of the request.
   */
  allocateAtOnce(pages: number, flags: number): DmaBuf | ErrnoName {
    const { region, defects } = this.#options;
    const { pageBytes } = region.store;
    if (pages > region.pageCount / (defects.has('half-region-limit') ? 2 : 1)) return 'ENOMEM';
    const count = defects.has('single-page-costs-two') ? Math.max(pages, 2) : pages;
    const first = this.#take(count);
    if (first === undefined) return 'ENOMEM';
    if (defects.has('overlapping-buffers') && count > 1) region.release(first + count - 1, 1);
    // Found now and marked only when they are cleared: others find the same meanwhile.
    const unlocked = defects.has('region-search-unlocked');
    if (unlocked) region.release(first, count);
    this.#clear(first, count, pages * pageBytes);
    if (unlocked) region.claim(first, count);
    const size = BigInt(pages * pageBytes);
    return this.#buffer({ region, first, count, size }, this.#mode(flags));
  }

  #buffer(pages: BufferPages, mode: number): DmaBuf {
    const { defects, log } = this.#options;
    return new DmaBuf(log, mode, pages, { inode: this.#options.nextInode(), defects });
  }

  /** The first of so many pages, or undefined when the region has no room. */
  #take(count: number): number | undefined {
    const { region, regions, defects, orderMax } = this.#options;
    const spreads = defects.has('region-exhaustion-spreads');
    if (spreads && regions.some(({ freePages }) => freePages === 0)) return undefined;
    // Room is taken away from page cache; a page of it that is in use just now cannot be moved.
    if (this.#options.unlucky()) return undefined;
    // Buffers of several pages, were they aligned, would leave the page alone that is free again.
    if (defects.has('overlapping-buffers') || defects.has('order-ignored')) {
      return region.allocate(count);
    }
    const order = Math.min(Math.ceil(Math.log2(count)), orderMax);
    return defects.has('search-never-wraps')
      ? region.allocateOnwards(count, order)
      : region.allocate(count, order);
  }

  /** Between the search for pages and their marking others find the same (a defect). */
  *#takeLate(first: number, count: number): SystemCall<void> {
    const { region } = this.#options;
    region.release(first, count);
    yield 'cma.found';
    region.claim(first, count);
  }

  #mode(flags: number): number {
    const { defects } = this.#options;
    const before = this.statics.mode;
    this.statics.mode = flags & O_ACCMODE;
    if (defects.has('mode-of-previous')) return (flags & ~O_ACCMODE) | before;
    const widened = defects.has('write-only-readable') && (flags & O_ACCMODE) === O_WRONLY;
    const dropped = widened || defects.has('access-mode-dropped');
    return dropped ? (flags & ~O_ACCMODE) | O_RDWR : flags;
  }

  /** Flags of the descriptor: whether exec closes it. */
  closesOnExec(flags: number): boolean {
    const { defects } = this.#options;
    if (defects.has('cloexec-always')) return true;
    return (flags & O_CLOEXEC) !== 0 && !defects.has('cloexec-ignored');
  }

  #rounded(asked: bigint, pageBytes: bigint): bigint {
    const { defects } = this.#options;
    const down = defects.has('length-rounded-down') && asked > pageBytes;
    const slack = defects.has('length-page-more') ? pageBytes : pageBytes - 1n;
    return ((asked + (down ? 0n : slack)) / pageBytes) * pageBytes;
  }

  #lengthAsked(length: bigint): bigint {
    const { defects } = this.#options;
    if (length === 0n && defects.has('zero-length-accepted')) return 1n;
    return defects.has('length-truncated-32') ? BigInt.asUintN(32, length) : length;
  }

  /** Clears a buffer at the time and place that defects leave. */
  *#clearNew(first: number, count: number, asked: bigint): SystemCall<void> {
    const { defects } = this.#options;
    if (defects.has('zeroes-after-install')) return;
    if (this.#uncleared > 0) {
      this.#uncleared -= 1;
      return;
    }
    this.#clearing = { first, count, asked };
    if (defects.has('static-zeroing-range')) yield 'cma.clearing';
    this.#clear(this.#clearing.first, this.#clearing.count, Number(this.#clearing.asked));
  }

  /** Clears a buffer that somebody can reach already (a defect). */
  *clearLate({ first, count }: BufferPages): SystemCall<void> {
    for (let page = first; page < first + count; page += 1) {
      yield 'cma.clearing-late';
      this.store.fill(page, 0);
    }
  }

  /** Takes pages that nobody gives back (a defect). */
  lose(count: number): void {
    this.#options.region.allocate(count);
  }

  /** What a request that could not be answered leaves behind. */
  failedToAnswer(): void {
    if (this.#options.defects.has('error-path-skips-zeroing')) this.#uncleared = UNCLEARED;
  }

  /** Clears the beginning of the region, whoever has it (a defect). */
  #scrub(): void {
    for (let page = 0; page < SCRUBBED; page += 1) this.store.fill(page, 0);
  }

  /** The memory of the region. */
  get store(): PageStore {
    return this.#options.region.store;
  }

  #clear(first: number, count: number, asked: number): void {
    const { region, defects, zeroing } = this.#options;
    if (!zeroing || defects.has('no-zeroing')) return;
    const { store } = region;
    const whole = defects.has('first-page-zeroed') ? 1 : count;
    const end = first + count;
    const last = defects.has('tail-byte-not-zeroed') ? store.bytes(end - 1).at(-1) : undefined;
    const oddLeft = defects.has('odd-pages-not-zeroed');
    const half = defects.has('half-page-zeroed');
    const tailLeft = defects.has('tail-not-zeroed');
    for (let page = first; page < first + whole; page += 1) {
      const from = asked - (page - first) * store.pageBytes;
      if (oddLeft && (page - first) % 2 === 1) continue;
      if (half) store.bytes(page).fill(0, 0, store.pageBytes / 2);
      else if (tailLeft && from < store.pageBytes) store.bytes(page).fill(0, 0, from);
      else store.fill(page, 0);
    }
    if (last !== undefined) store.bytes(end - 1)[store.pageBytes - 1] = last;
  }
}
