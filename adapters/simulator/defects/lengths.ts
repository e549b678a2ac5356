import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { CmaAllocator, Grant } from '../buffers/allocator.ts';
import type { DeviceCall } from '../buffers/device-ioctl.ts';
import type { DmaBuf } from '../buffers/dma-buf.ts';
import type { AllocateRequest } from '../buffers/request.ts';
import { defects } from './defect.ts';

const { O_CLOEXEC } = linuxNumbers;
/** Pages that a failed request clears. */
const SCRUBBED = 4;

/** An exhausted region comes to another errno than ENOMEM. */
const exhaustedComesTo =
  (errno: ErrnoName) =>
  (Right: typeof CmaAllocator): typeof CmaAllocator =>
    class extends Right {
      override *allocate(length: bigint, flags: number): SystemCall<DmaBuf | ErrnoName> {
        const buffer = yield* super.allocate(length, flags);
        return buffer === 'ENOMEM' ? errno : buffer;
      }
    };

/** Bugs in how many bytes and pages a request gets, and when it is refused for them. */
export const LENGTH_DEFECTS = defects({
  'length-unrounded': {
    breaks: 'LEN-03',
    summary: 'The length is not rounded up to whole pages.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override bufferOf(grant: Grant): DmaBuf {
          return super.bufferOf({ ...grant, size: grant.asked });
        }
      },
  },
  'length-not-written': {
    breaks: 'LEN-03',
    summary: 'The length of the buffer is not written back.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override lengthTold(_call: DeviceCall, request: AllocateRequest): bigint {
          return request.length;
        }
      },
  },
  'length-truncated-32': {
    breaks: 'LEN-05',
    summary: 'Only the low 32 bits of the length count.',
    CmaAllocator: (Right) =>
      class extends Right {
        override allocate(length: bigint, flags: number): SystemCall<DmaBuf | ErrnoName> {
          return super.allocate(BigInt.asUintN(32, length), flags);
        }
      },
  },
  'zero-length-accepted': {
    breaks: 'LEN-01',
    summary: 'A request of length 0 gets a page.',
    CmaAllocator: (Right) =>
      class extends Right {
        override allocate(length: bigint, flags: number): SystemCall<DmaBuf | ErrnoName> {
          return super.allocate(length === 0n ? 1n : length, flags);
        }
      },
  },
  'length-rounded-down': {
    breaks: 'LEN-02 LEN-03',
    summary: 'The length is rounded down to whole pages.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override wholePages(length: bigint): bigint {
          const pageBytes = BigInt(this.store.pageBytes);
          return super.wholePages(length > pageBytes ? length - pageBytes + 1n : length);
        }
      },
  },
  'length-page-more': {
    breaks: 'LEN-03',
    summary: 'Whole pages get one more.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override wholePages(length: bigint): bigint {
          return super.wholePages(length + 1n);
        }
      },
  },
  'fdinfo-size-wrong': {
    breaks: 'LEN-04',
    summary: 'fdinfo shows pages where it says bytes.',
    DmaBuf: (Right) =>
      class extends Right {
        override information(): string {
          const { count, size } = this.pages;
          return super.information().replace(`size:\t${size}\n`, `size:\t${count}\n`);
        }
      },
  },
  'half-region-limit': {
    breaks: 'LEN-07',
    summary: 'No buffer may have more than half of the region.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override get pagesMax(): number {
          return Math.floor(super.pagesMax / 2);
        }
      },
  },
  'single-page-costs-two': {
    breaks: 'LEN-09',
    summary: 'A buffer of one page takes two.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override pagesIn(size: bigint): number {
          return Math.max(super.pagesIn(size), 2);
        }
      },
  },
  'failed-request-scrubs': {
    breaks: 'LEN-08',
    summary: 'A request that is too large clears the first pages.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override refuseTooLarge(): ErrnoName {
          for (let page = 0; page < SCRUBBED; page += 1) this.store.fill(page, 0);
          return super.refuseTooLarge();
        }
      },
  },
  'exhaustion-einval': {
    breaks: 'ERR-07 LEN-06',
    summary: 'An exhausted region fails with EINVAL.',
    CmaAllocator: exhaustedComesTo('EINVAL'),
  },
  'exhaustion-enospc': {
    breaks: 'ERR-07 LEN-06',
    summary: 'An exhausted region fails with ENOSPC.',
    CmaAllocator: exhaustedComesTo('ENOSPC'),
  },
  'warn-on-length': {
    breaks: 'ERR-12 LEN-05',
    summary: 'A length beyond the region triggers a kernel warning.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override refuseTooLarge(): ErrnoName {
          this.options.log.warning('mm/cma.c:430 cma_alloc');
          return super.refuseTooLarge();
        }
      },
  },
  'tail-byte-not-zeroed': {
    breaks: 'LEN-10',
    summary: 'The last byte of the last page is not zeroed.',
    inParallel: true,
    CmaAllocator: (Right) =>
      class extends Right {
        protected override clear(grant: Grant): void {
          const page = grant.first + grant.count - 1;
          const last = this.store.bytes(page).at(-1) ?? 0;
          super.clear(grant);
          this.store.bytes(page)[this.store.pageBytes - 1] = last;
        }
      },
  },
  'zeroing-only-with-cloexec': {
    breaks: 'FLG-07',
    summary: 'Buffers without O_CLOEXEC are not zeroed.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override clear(grant: Grant): void {
          if ((grant.flags & O_CLOEXEC) !== 0) super.clear(grant);
        }
      },
  },
});
