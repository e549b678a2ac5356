import type { ErrnoName } from '../contract/errno.ts';
import type { SystemCall } from '../interpreter/pause.ts';
import type { DefectSet } from './defects.ts';
import { DmaBuf } from './dma-buf.ts';
import type { KernelLog } from './kernel-log.ts';
import type { Region } from './region.ts';

/** What the CMA allocator needs of its kernel. */
export interface AllocatorOptions {
  readonly region: Region;
  readonly log: KernelLog;
  readonly defects: DefectSet;
  /** Whether new buffers are cleared; the RFC's code does not. */
  readonly zeroing: boolean;
  nextInode(): number;
}

const O_WRONLY = 1;
const O_RDWR = 2;
const ACCESS_MODES = 3;
const O_CLOEXEC = 0o2000000;

/**
 * Hands out buffers of a CMA region. Source: RFC v2 2/2, sa_cma_allocate, which takes pages in
 * order 0 (any page will do as the first) and exports them as a dma-buf.
 */
export class CmaAllocator {
  readonly #options: AllocatorOptions;

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
    if (BigInt.asUintN(64, size) === 0n) return 'EINVAL';
    if (size / pageBytes > BigInt(region.pageCount)) {
      if (defects.has('warn-on-length')) log.warning('mm/cma.c:430 cma_alloc');
      return 'ENOMEM';
    }
    yield 'cma.alloc';
    const count = Number(size / pageBytes);
    const first = region.allocate(count);
    if (first === undefined) return 'ENOMEM';
    if (defects.has('overlapping-buffers') && count > 1) region.release(first + count - 1, 1);
    yield 'cma.allocated';
    this.#clear(first, count, asked);
    const rounded = defects.has('length-unrounded') ? asked : size;
    const mode = this.#mode(flags);
    return new DmaBuf(
      log,
      mode,
      { region, first, count, size: rounded },
      {
        inode: this.#options.nextInode(),
        defects,
      },
    );
  }

  #mode(flags: number): number {
    const { defects } = this.#options;
    const widened = defects.has('write-only-readable') && (flags & ACCESS_MODES) === O_WRONLY;
    const dropped = widened || defects.has('access-mode-dropped');
    return dropped ? (flags & ~ACCESS_MODES) | O_RDWR : flags;
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

  #clear(first: number, count: number, asked: bigint): void {
    const { region, defects, zeroing } = this.#options;
    if (!zeroing || defects.has('no-zeroing')) return;
    const whole = defects.has('first-page-zeroed') ? 1 : count;
    const end = first + count;
    const last = defects.has('tail-byte-not-zeroed')
      ? region.store.bytes(end - 1).at(-1)
      : undefined;
    for (let page = first; page < first + whole; page += 1) {
      const from = Number(asked) - (page - first) * region.store.pageBytes;
      if (defects.has('odd-pages-not-zeroed') && (page - first) % 2 === 1) continue;
      if (defects.has('half-page-zeroed')) {
        region.store.bytes(page).fill(0, 0, region.store.pageBytes / 2);
      } else if (defects.has('tail-not-zeroed') && from < region.store.pageBytes) {
        region.store.bytes(page).fill(0, 0, from);
      } else {
        region.store.fill(page, 0);
      }
    }
    if (last !== undefined) region.store.bytes(end - 1)[region.store.pageBytes - 1] = last;
  }
}
