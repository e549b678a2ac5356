import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { CmaAllocator, Grant } from '../buffers/allocator.ts';
import type { DmaBuf } from '../buffers/dma-buf.ts';
import type { Backing, Caller } from '../kernel/open-file.ts';
import { defects } from './defect.ts';
import { mappedOtherwise } from './mapped-otherwise.ts';

const { O_ACCMODE, O_CLOEXEC } = linuxNumbers;
/** Buffers that a table of the driver has room for. */
const TABLE = 128;

/** Whether it is the turn of a buffer that is the n-th. */
const isTurn = ({ inode }: DmaBuf, n: number): boolean => inode % n === 0;

/** Counts the calls of a method of each allocator; true in each n-th. */
function turns(n: number): (who: object) => boolean {
  const counts = new WeakMap<object, number>();
  return (who) => {
    const count = (counts.get(who) ?? 0) + 1;
    counts.set(who, count);
    return count % n === 0;
  };
}

/** Each n-th buffer is made of a grant that is not quite right. */
const grantedOtherwise = (n: number, change: (grant: Grant) => Partial<Grant>) => {
  return (Right: typeof CmaAllocator): typeof CmaAllocator => {
    const isDue = turns(n);
    return class extends Right {
      protected override bufferOf(grant: Grant): DmaBuf {
        return super.bufferOf(isDue(this) ? { ...grant, ...change(grant) } : grant);
      }
    };
  };
};

/** The last page of a buffer may be handed out again, in each n-th allocation of some state. */
const overlapping =
  (isDue: (allocator: CmaAllocator) => boolean) =>
  (Right: typeof CmaAllocator): typeof CmaAllocator =>
    class extends Right {
      protected override take(count: number): number | undefined {
        const first = super.take(count);
        if (first !== undefined && isDue(this)) this.region.release(first + count - 1, 1);
        return first;
      }
    };

/** Buffers of each region that were made and are not freed. */
const alive = new WeakMap<object, Set<DmaBuf>>();

function aliveIn(region: object): Set<DmaBuf> {
  const buffers = alive.get(region) ?? new Set();
  alive.set(region, buffers);
  return buffers;
}

/** Bugs that strike one request in many, or show when many buffers are alive. */
export const TURN_DEFECTS = defects({
  'each-9th-longer': {
    breaks: 'LEN-03',
    summary: 'Each 9th buffer says that it has a page more.',
    DmaBuf: (Right) =>
      class extends Right {
        override seek(offset: bigint, whence: number): bigint | ErrnoName {
          const end = super.seek(offset, whence);
          const more = isTurn(this, 9) && typeof end === 'bigint' && end > 0n;
          return more ? end + BigInt(this.pages.region.store.pageBytes) : end;
        }
      },
  },
  'each-33rd-short': {
    breaks: 'LEN-02 LEN-03',
    summary: 'Each 33rd buffer of several pages has one less.',
    CmaAllocator: (Right) =>
      grantedOtherwise(33, ({ count, size }) => ({
        size: count > 1 ? (size / BigInt(count)) * BigInt(count - 1) : size,
      }))(Right),
  },
  'each-64th-fdinfo-empty': {
    breaks: 'LEN-04',
    summary: 'fdinfo shows size 0 for each 64th buffer.',
    DmaBuf: (Right) =>
      class extends Right {
        override information(): string {
          const shown = super.information();
          return isTurn(this, 64) ? shown.replace(/^size:\t\d+$/m, 'size:\t0') : shown;
        }
      },
  },
  'each-100th-not-zeroed': {
    breaks: 'ISO-01',
    summary: 'Each 100th buffer is not zeroed.',
    inParallel: true,
    CmaAllocator: (Right) => {
      const isDue = turns(100);
      return class extends Right {
        protected override clear(grant: Grant): void {
          if (!isDue(this)) super.clear(grant);
        }
      };
    },
  },
  'each-64th-overlaps': {
    breaks: 'FD-11 CMA-03 LEN-09',
    summary: 'The last page of each 64th buffer may be handed out again.',
    inParallel: true,
    CmaAllocator: overlapping(turns(64)),
  },
  'overlaps-past-128-alive': {
    breaks: 'FD-11 CMA-03',
    summary:
      'While more than 128 buffers live, the last page of a new one may be handed out again.',
    DmaBuf: (Right) =>
      class extends Right {
        override freePages(): void {
          aliveIn(this.pages.region).delete(this);
          super.freePages();
        }
      },
    CmaAllocator: (Right) =>
      class extends overlapping(({ region }) => aliveIn(region).size >= TABLE)(Right) {
        protected override bufferOf(grant: Grant): DmaBuf {
          const buffer = super.bufferOf(grant);
          aliveIn(this.region).add(buffer);
          return buffer;
        }
      },
  },
  'each-100th-shows-page-before': {
    breaks: 'FD-11',
    summary: 'A mapping of each 100th buffer begins one page too early.',
    DmaBuf: mappedOtherwise(({ backing, buffer }) => ({
      resolve: (page) => backing.resolve(isTurn(buffer, 100) ? page - 1 : page),
    })),
  },
  'each-64th-close-frees-more': {
    breaks: 'FD-11',
    summary: 'Closing each 64th buffer frees the page behind it, too.',
    inParallel: true,
    DmaBuf: (Right) =>
      class extends Right {
        protected override get pagesToFree(): number {
          return super.pagesToFree + (isTurn(this, 64) ? 1 : 0);
        }
      },
  },
  'each-100th-leaks': {
    breaks: 'LIF-01',
    summary: 'Each 100th buffer loses its last page.',
    inParallel: true,
    DmaBuf: (Right) =>
      class extends Right {
        protected override get pagesToFree(): number {
          return super.pagesToFree - (isTurn(this, 100) ? 1 : 0);
        }
      },
  },
  'each-33rd-without-cloexec': {
    breaks: 'FLG-02',
    summary: 'O_CLOEXEC is forgotten in each 33rd request.',
    CmaAllocator: (Right) => {
      const isDue = turns(33);
      return class extends Right {
        override closesOnExec(flags: number): boolean {
          return !isDue(this) && super.closesOnExec(flags);
        }
      };
    },
  },
  'each-64th-with-cloexec': {
    breaks: 'FLG-02',
    summary: 'Each 64th descriptor is closed by exec, even if not requested.',
    CmaAllocator: (Right) => {
      const isDue = turns(64);
      return class extends Right {
        override closesOnExec(flags: number): boolean {
          return super.closesOnExec(flags | (isDue(this) ? O_CLOEXEC : 0));
        }
      };
    },
  },
  'each-64th-other-mode': {
    breaks: 'FLG-03',
    summary: 'Each 64th buffer has access mode O_RDONLY.',
    CmaAllocator: grantedOtherwise(64, ({ flags }) => ({ flags: flags & ~O_ACCMODE })),
  },
  'each-100th-unmappable': {
    breaks: 'MAP-01',
    summary: 'Each 100th buffer cannot be mapped.',
    DmaBuf: (Right) =>
      class extends Right {
        override map(first: number, count: number): Backing | ErrnoName {
          return isTurn(this, 100) ? 'ENODEV' : super.map(first, count);
        }
      },
  },
  'each-17th-scattered': {
    breaks: 'CMA-01',
    summary: 'The pages of each 17th buffer do not follow each other.',
    DmaBuf: mappedOtherwise(({ backing, buffer }) => ({
      resolve: (page) => {
        const last = buffer.pages.count - 1;
        return backing.resolve(isTurn(buffer, 17) && page <= last ? last - page : page);
      },
    })),
  },
  'each-33rd-not-lowest': {
    breaks: 'FD-01',
    summary: 'Each 33rd descriptor is not the lowest that is free.',
    HardenedIoctl: (Right) => {
      const isDue = turns(33);
      return class extends Right {
        protected override reserve(caller: Caller, closesOnExec: boolean) {
          if (!isDue(this.allocator)) return super.reserve(caller, closesOnExec);
          return caller.table.reserve(caller.descriptorLimit, closesOnExec, 512);
        }
      };
    },
  },
});
