import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { CmaAllocator, Grant } from '../buffers/allocator.ts';
import type { DeviceCall } from '../buffers/device-ioctl.ts';
import type { Delivery } from '../buffers/hardened-ioctl.ts';
import type { Region } from '../buffers/region.ts';
import type { AllocateRequest } from '../buffers/request.ts';
import { defects } from './defect.ts';

/** Buffers after a failed request that are left uncleared. */
const UNCLEARED = 8;
/** How many buffers are not going to be cleared. */
const uncleared = new WeakMap<CmaAllocator, number>();

/** Bugs of what a buffer's pages hold, and of where in the region they are. */
export const CONTENT_DEFECTS = defects({
  'no-zeroing': {
    breaks: 'ISO-01 ISO-02 ISO-03 ISO-04 ISO-05 LEN-10',
    summary: 'Buffers show what their pages held before.',
    inParallel: true,
    CmaAllocator: (Right) =>
      class extends Right {
        protected override clear(): void {}
      },
  },
  'tail-not-zeroed': {
    breaks: 'LEN-10',
    summary: 'Only the bytes asked for are zeroed, not the last page.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override clearPage(page: number, index: number, asked: number): void {
          const end = asked - index * this.store.pageBytes;
          if (end < this.store.pageBytes) this.store.bytes(page).fill(0, 0, end);
          else super.clearPage(page, index, asked);
        }
      },
  },
  'first-page-zeroed': {
    breaks: 'ISO-01',
    summary: 'Only the first page of a buffer is zeroed.',
    inParallel: true,
    CmaAllocator: (Right) =>
      class extends Right {
        protected override clear(grant: Grant): void {
          super.clear({ ...grant, count: 1 });
        }
      },
  },
  'odd-pages-not-zeroed': {
    breaks: 'ISO-01',
    summary: 'Only every other page is zeroed.',
    inParallel: true,
    CmaAllocator: (Right) =>
      class extends Right {
        protected override clearPage(page: number, index: number, asked: number): void {
          if (index % 2 === 0) super.clearPage(page, index, asked);
        }
      },
  },
  'half-page-zeroed': {
    breaks: 'ISO-01',
    summary: 'Only the first half of each page is zeroed.',
    inParallel: true,
    CmaAllocator: (Right) =>
      class extends Right {
        protected override clearPage(page: number): void {
          this.store.bytes(page).fill(0, 0, this.store.pageBytes / 2);
        }
      },
  },
  'error-path-skips-zeroing': {
    breaks: 'ISO-04',
    summary: 'After a failed request, buffers are not zeroed.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override takeBack(call: DeviceCall, delivery: Delivery) {
          uncleared.set(this.allocator, UNCLEARED);
          return super.takeBack(call, delivery);
        }
      },
    CmaAllocator: (Right) =>
      class extends Right {
        protected override clear(grant: Grant): void {
          const left = uncleared.get(this) ?? 0;
          if (left === 0) super.clear(grant);
          else uncleared.set(this, left - 1);
        }
      },
  },
  'zeroes-after-install': {
    breaks: 'ISO-05',
    summary: 'The descriptor is there before the buffer is zeroed.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override clear(): void {}
      },
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override *deliver(
          call: DeviceCall,
          request: AllocateRequest,
          delivery: Delivery,
        ): SystemCall<bigint | ErrnoName> {
          const value = yield* super.deliver(call, request, delivery);
          const { first, count } = delivery.buffer.pages;
          for (let page = first; page < first + count; page += 1) {
            yield 'cma.clearing-late';
            this.allocator.store.fill(page, 0);
          }
          return value;
        }
      },
  },
  'overlapping-buffers': {
    breaks: 'CMA-03 FD-11',
    summary: 'A buffer’s last page may be handed out again.',
    inParallel: true,
    CmaAllocator: (Right) =>
      class extends Right {
        /** Were buffers of several pages aligned, they would leave the free page alone. */
        protected override orderOf(): number {
          return 0;
        }
        protected override take(count: number): number | undefined {
          const first = super.take(count);
          if (first !== undefined && count > 1) this.region.release(first + count - 1, 1);
          return first;
        }
      },
  },
  'allocates-from-other-region': {
    breaks: 'CMA-02',
    summary: 'A device allocates from another device’s region.',
    AllocatorDevices: (Right) =>
      class extends Right {
        protected override regionFor(index: number): Region {
          return super.regionFor((index + 1) % this.regions.length);
        }
      },
  },
  'region-exhaustion-spreads': {
    breaks: 'CMA-08',
    summary: 'When a region is full, no other gives anything.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override take(count: number): number | undefined {
          const full = this.options.regions.some(({ freePages }) => freePages === 0);
          return full ? undefined : super.take(count);
        }
      },
  },
  'order-ignored': {
    breaks: 'CMA-04',
    summary: 'Buffers begin at any page.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override orderOf(): number {
          return 0;
        }
      },
  },
  'search-never-wraps': {
    breaks: 'CMA-05',
    summary: 'Room is looked for behind the newest buffer only.',
    inParallel: true,
    Region: (Right) =>
      class extends Right {
        #cursor = 0;

        /** Looks back once all pages are free again. */
        override allocate(count: number, order = 0): number | undefined {
          if (this.freePages === this.pageCount) this.#cursor = 0;
          const first = this.allocateFrom(this.#cursor, count, order);
          if (first !== undefined) this.#cursor = first + count;
          return first;
        }
      },
  },
});
