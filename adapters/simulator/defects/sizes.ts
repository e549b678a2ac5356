import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { CmaAllocator, Grant } from '../buffers/allocator.ts';
import type { DeviceCall } from '../buffers/device-ioctl.ts';
import type { DmaBuf } from '../buffers/dma-buf.ts';
import type { Delivery } from '../buffers/hardened-ioctl.ts';
import type { AllocateRequest } from '../buffers/request.ts';
import { defects } from './defect.ts';

/** Pages of the chunks that allocators like to take: 64 KiB and 1 MiB of pages of 4 KiB. */
const CHUNK = 16;
const LARGE_CHUNK = 256;
/** Lengths past this one are rounded to chunks. */
const MIB = 1n << 20n;
/** What a field of 32 bits cannot hold. */
const FOUR_GIB = 1n << 32n;
/** A region that holds a buffer whose size needs more than 32 bits. */
const NEEDS_PAST_4_GIB = 'region=8GiB';

/** Buffers for which a condition holds show what their pages held before. */
const uncleared =
  (when: (grant: Grant) => boolean) =>
  (Right: typeof CmaAllocator): typeof CmaAllocator =>
    class extends Right {
      protected override clear(grant: Grant): void {
        if (!when(grant)) super.clear(grant);
      }
    };

/** Only the first bytes of a buffer are cleared. */
const clearedUpTo =
  (bytes: number) =>
  (Right: typeof CmaAllocator): typeof CmaAllocator =>
    class extends Right {
      protected override clear(grant: Grant): void {
        super.clear({ ...grant, count: Math.min(grant.count, bytes / this.store.pageBytes) });
      }
    };

/** Bugs that only buffers of some sizes show: contents, lengths and costs. */
export const SIZE_DEFECTS = defects({
  'chunks-not-zeroed': {
    breaks: 'ISO-01 ISO-02 ISO-03 ISO-04',
    summary: 'Buffers of 16 pages and more, which are made of chunks, are not zeroed.',
    inParallel: true,
    CmaAllocator: uncleared(({ count }) => count >= CHUNK),
  },
  'large-chunks-not-zeroed': {
    breaks: 'ISO-01 ISO-02 ISO-03',
    summary: 'Buffers of 256 pages and more are not zeroed.',
    CmaAllocator: uncleared(({ count }) => count >= LARGE_CHUNK),
  },
  'odd-sizes-not-zeroed': {
    breaks: 'ISO-01 ISO-02 ISO-03',
    summary: 'Buffers of several pages are not zeroed when the number of pages is odd.',
    CmaAllocator: uncleared(({ count }) => count > 1 && count % 2 === 1),
  },
  'not-zeroed-past-64-kib': {
    breaks: 'ISO-01 ISO-02 ISO-03',
    summary: 'Only the first 64 KiB of a buffer are zeroed.',
    CmaAllocator: clearedUpTo(2 ** 16),
  },
  'not-zeroed-past-1-mib': {
    breaks: 'ISO-01 ISO-02 ISO-03',
    summary: 'Only the first MiB of a buffer is zeroed.',
    CmaAllocator: clearedUpTo(2 ** 20),
  },
  'not-zeroed-past-4-gib': {
    breaks: 'ISO-01',
    summary: 'Only the first 4 GiB of a buffer are zeroed.',
    needs: NEEDS_PAST_4_GIB,
    CmaAllocator: clearedUpTo(2 ** 32),
  },
  'last-of-many-not-zeroed': {
    breaks: 'ISO-01 LEN-10',
    summary: 'The last page of a buffer of more than 16 is not zeroed.',
    inParallel: true,
    CmaAllocator: (Right) =>
      class extends Right {
        protected override clear(grant: Grant): void {
          super.clear({ ...grant, count: grant.count - (grant.count > CHUNK ? 1 : 0) });
        }
      },
  },
  'tail-of-chunks-not-zeroed': {
    breaks: 'LEN-10',
    summary: 'In buffers of 16 pages and more only the bytes asked for are zeroed.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override clearPage(page: number, index: number, asked: number): void {
          const { pageBytes } = this.store;
          const end = asked - index * pageBytes;
          if (end < pageBytes && index >= CHUNK - 1) this.store.bytes(page).fill(0, 0, end);
          else super.clearPage(page, index, asked);
        }
      },
  },
  'chunks-zeroed-after-install': {
    breaks: 'ISO-05',
    summary: 'The descriptor is there before a buffer of 16 pages and more is zeroed.',
    CmaAllocator: uncleared(({ count }) => count >= CHUNK),
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override *deliver(
          call: DeviceCall,
          request: AllocateRequest,
          delivery: Delivery,
        ): SystemCall<bigint | ErrnoName> {
          const value = yield* super.deliver(call, request, delivery);
          const { first, count } = delivery.buffer.pages;
          for (let page = first; count >= CHUNK && page < first + count; page += 1) {
            yield 'cma.clearing-late';
            this.allocator.store.fill(page, 0);
          }
          return value;
        }
      },
  },
  'sizes-rounded-to-powers': {
    breaks: 'LEN-03',
    summary: 'More than four pages become a power of two of pages.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override wholePages(length: bigint): bigint {
          const size = super.wholePages(length);
          const pages = this.pagesIn(size);
          if (pages <= 4 || pages > this.pagesMax) return size;
          return BigInt(2 ** Math.ceil(Math.log2(pages)) * this.store.pageBytes);
        }
      },
  },
  'sizes-past-1-mib-rounded-to-chunks': {
    breaks: 'LEN-03',
    summary: 'Lengths past 1 MiB are rounded up to 64 KiB.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override wholePages(length: bigint): bigint {
          const size = super.wholePages(length);
          const chunk = BigInt(CHUNK * this.store.pageBytes);
          return size <= MIB ? size : ((size + chunk - 1n) / chunk) * chunk;
        }
      },
  },
  'sizes-past-1-mib-cut-to-chunks': {
    breaks: 'LEN-02 LEN-03',
    summary: 'Lengths past 1 MiB are rounded down to 64 KiB.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override wholePages(length: bigint): bigint {
          const size = super.wholePages(length);
          const chunk = BigInt(CHUNK * this.store.pageBytes);
          return size <= MIB ? size : (size / chunk) * chunk;
        }
      },
  },
  'length-told-in-32-bits': {
    breaks: 'LEN-03 LEN-04',
    summary: 'The length that is reported has 32 bits.',
    needs: NEEDS_PAST_4_GIB,
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override lengthTold(
          call: DeviceCall,
          request: AllocateRequest,
          buffer: DmaBuf,
        ): bigint {
          return super.lengthTold(call, request, buffer) % FOUR_GIB;
        }
      },
  },
  'fdinfo-size-in-whole-mib': {
    breaks: 'LEN-04',
    summary: 'fdinfo shows sizes past 1 MiB in whole MiB.',
    DmaBuf: (Right) =>
      class extends Right {
        override information(): string {
          const { size } = this.pages;
          const shown = size > MIB ? size - (size % MIB) : size;
          return super.information().replace(`size:\t${size}\n`, `size:\t${shown}\n`);
        }
      },
  },
  'chunks-cost-whole-chunks': {
    breaks: 'LEN-09',
    summary: 'More than 16 pages take whole chunks of 16.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override pagesIn(size: bigint): number {
          const pages = super.pagesIn(size);
          return pages <= CHUNK ? pages : Math.ceil(pages / CHUNK) * CHUNK;
        }
      },
  },
  'too-large-request-scrubs-the-rest': {
    breaks: 'LEN-08',
    summary: 'A request that is too large clears all pages but the first chunks of the region.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override refuseTooLarge(): ErrnoName {
          const end = Math.min(this.region.pageCount, 4 * LARGE_CHUNK);
          for (let page = 4 * CHUNK; page < end; page += 1) this.store.fill(page, 0);
          return super.refuseTooLarge();
        }
      },
  },
});
