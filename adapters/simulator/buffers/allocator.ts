import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { KernelLog } from '../kernel/kernel-log.ts';
import type { PageStore } from '../kernel/pages.ts';
import type { DmaBuf } from './dma-buf.ts';
import type { Region } from './region.ts';

const { O_CLOEXEC } = linuxNumbers;

/** The kernel as the CMA allocator needs it, and how it allocates. */
export interface AllocatorOptions {
  readonly region: Region;
  /** Every region of the machine. */
  readonly regions: readonly Region[];
  readonly log: KernelLog;
  /** Whether new buffers are cleared; the RFC's code does not. */
  readonly zeroing: boolean;
  /** The largest order that a buffer is aligned to; the RFC's code asks for none. */
  readonly orderMax: number;
  /** The class of the buffers. */
  readonly DmaBuf: typeof DmaBuf;
  /** Whether a page that is in the way cannot be moved this time. */
  unlucky(): boolean;
  nextInode(): number;
  /** Lets the time pass that an allocation takes. */
  work(): void;
}

/** Pages that were taken for a buffer, and what was asked for. */
export interface Grant {
  readonly first: number;
  readonly count: number;
  /** Bytes: the length in the request. */
  readonly asked: bigint;
  /** Bytes: the length in whole pages. */
  readonly size: bigint;
  /** open(2) flags of the descriptor that is going to be made. */
  readonly flags: number;
}

/**
 * Hands out buffers of a CMA region as dma-bufs. Source: RFC v2 2/2, sa_cma_allocate, which takes
 * pages in order 0 (any page will do as the first); users of CMA in the kernel ask for the natural
 * alignment, get_order() of the size, up to CONFIG_CMA_ALIGNMENT.
 */
export class CmaAllocator {
  readonly region: Region;
  protected readonly options: AllocatorOptions;

  constructor(options: AllocatorOptions) {
    this.options = options;
    this.region = options.region;
  }

  /**
   * Allocates a buffer.
   *
   * @param length bytes; rounded up to whole pages
   * @param flags open(2) flags of the descriptor that is going to be made
   * @returns EINVAL for a length that no buffer can have, ENOMEM when the region has no room
   */
  *allocate(length: bigint, flags: number): SystemCall<DmaBuf | ErrnoName> {
    const size = this.wholePages(length);
    // Rounding up past 2^64 wraps to nothing, and so does a request for nothing.
    if (BigInt.asUintN(64, size) === 0n) return 'EINVAL';
    if (size / BigInt(this.store.pageBytes) > BigInt(this.pagesMax)) return this.refuseTooLarge();
    yield 'cma.alloc';
    this.options.work();
    const count = this.pagesIn(size);
    const first = this.take(count);
    if (first === undefined) return 'ENOMEM';
    return yield* this.prepare({ first, count, asked: length, size, flags });
  }

  /**
   * Allocates with no point at which it could be preempted, for threads that really run at the same
   * time: a length that the region may have is all that is left of the request.
   */
  allocateAtOnce(pages: number, flags: number): DmaBuf | ErrnoName {
    if (pages > this.pagesMax) return 'ENOMEM';
    const first = this.take(pages);
    if (first === undefined) return 'ENOMEM';
    const size = BigInt(pages * this.store.pageBytes);
    const grant = { first, count: pages, asked: size, size, flags };
    this.clear(grant);
    return this.bufferOf(grant);
  }

  /** Flags of the descriptor: whether exec closes it. */
  closesOnExec(flags: number): boolean {
    return (flags & O_CLOEXEC) !== 0;
  }

  /** The memory of the region. */
  get store(): PageStore {
    return this.region.store;
  }

  /** A length rounded up to whole pages, in bytes. */
  protected wholePages(length: bigint): bigint {
    const pageBytes = BigInt(this.store.pageBytes);
    return ((length + pageBytes - 1n) / pageBytes) * pageBytes;
  }

  /** The most pages that a buffer can have. */
  protected get pagesMax(): number {
    return this.region.pageCount;
  }

  protected refuseTooLarge(): ErrnoName {
    return 'ENOMEM';
  }

  /** How many pages are taken for a size of whole pages. */
  protected pagesIn(size: bigint): number {
    return Number(size / BigInt(this.store.pageBytes));
  }

  /** The first of so many pages, or undefined when the region has no room. */
  protected take(count: number): number | undefined {
    // Room is taken away from page cache; a page of it that is in use just now cannot be moved.
    if (this.options.unlucky()) return undefined;
    return this.region.allocate(count, this.orderOf(count));
  }

  /** The order that the first of so many pages is aligned to. */
  protected orderOf(count: number): number {
    return Math.min(Math.ceil(Math.log2(count)), this.options.orderMax);
  }

  /** Makes pages a buffer, and clears them before any client can reach it. */
  protected *prepare(grant: Grant): SystemCall<DmaBuf> {
    yield 'cma.allocated';
    this.clear(grant);
    return this.bufferOf(grant);
  }

  protected clear({ first, count, asked }: Grant): void {
    if (!this.options.zeroing) return;
    const bytes = Number(asked);
    for (let index = 0; index < count; index += 1) this.clearPage(first + index, index, bytes);
  }

  /**
   * Clears one page.
   *
   * @param _index of the page in its buffer
   * @param _asked bytes of the buffer that were asked for
   */
  protected clearPage(page: number, _index: number, _asked: number): void {
    this.store.fill(page, 0);
  }

  protected bufferOf({ first, count, size, flags }: Grant): DmaBuf {
    const { log, nextInode, region } = this.options;
    return new this.options.DmaBuf(log, flags, { region, first, count, size }, nextInode());
  }
}
