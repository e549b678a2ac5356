import type { ErrnoName } from '../../contract/errno.ts';
import { DmaBuf } from '../buffers/dma-buf.ts';
import type { Area } from '../kernel/address-space.ts';
import { failed } from '../kernel/errno.ts';
import type { Backing } from '../kernel/open-file.ts';
import { defects } from './defect.ts';
import { copied, growing, mappedOtherwise } from './mapped-otherwise.ts';

/** Where a driver may have a table of mappings. */
const MAPPINGS_MAX = 256;

/** Makes what a forked child finds in place of a mapping. */
const forks = new WeakMap<Backing, () => Backing>();

/** Bugs of mappings: which there can be, and which pages they show. */
export const MAPPING_DEFECTS = defects({
  'mapping-copied': {
    breaks: 'FD-03 MAP-02',
    summary: 'Each mapping shows pages of its own.',
    DmaBuf: mappedOtherwise(({ buffer, count }) => copied(buffer, count)),
  },
  'mmap-offset-ignored': {
    breaks: 'MAP-08',
    summary: 'Every mapping starts at the first page.',
    DmaBuf: mappedOtherwise(({ backing, first }) => ({
      resolve: (page) => backing.resolve(page - first),
    })),
  },
  'mmap-bound-off-by-one': {
    breaks: 'MAP-07',
    summary: 'A mapping may reach one page past the end.',
    DmaBuf: (Right) =>
      class extends Right {
        protected override get mappablePages(): number {
          return super.mappablePages + 1;
        }
      },
  },
  'last-page-unmappable': {
    breaks: 'MAP-01',
    summary: 'A mapping must not hold the last page of several.',
    DmaBuf: (Right) =>
      class extends Right {
        override map(first: number, count: number): Backing | ErrnoName {
          const last = count > 1 && first + count === this.mappablePages;
          return last ? 'EINVAL' : super.map(first, count);
        }
      },
  },
  'unaligned-offset-rounded': {
    breaks: 'MAP-09',
    summary: 'Offsets between pages are rounded down.',
    KernelCall: (Right) =>
      class extends Right {
        override word(name: string): bigint {
          const word = super.word(name);
          if (name !== 'offset' || this.operation.op !== 'mmap') return word;
          return word - (word % BigInt(this.kernel.pageBytes));
        }
      },
  },
  'mremap-unbounded': {
    breaks: 'MAP-10',
    summary: 'A mapping can be grown over what lies behind the buffer.',
    DmaBuf: growing(Number.POSITIVE_INFINITY),
  },
  'mremap-bound-off-by-one': {
    breaks: 'MAP-10',
    summary: 'A mapping can be grown by one page too many.',
    DmaBuf: growing(1),
  },
  'private-shared': {
    breaks: 'MAP-11',
    summary: 'A private mapping writes into the buffer.',
    AddressSpace: (Right) =>
      class extends Right {
        override place(count: number, area: Omit<Area, 'start' | 'end'>): number | ErrnoName {
          const shared = area.file instanceof DmaBuf ? { ...area, copies: undefined } : area;
          return super.place(count, shared);
        }
      },
  },
  'mapping-copied-by-fork': {
    breaks: 'MAP-15',
    summary: 'A child inherits copies of the pages.',
    DmaBuf: (Right) =>
      class extends Right {
        override map(first: number, count: number): Backing | ErrnoName {
          const backing = super.map(first, count);
          if (!failed(backing)) forks.set(backing, () => copied(this, this.pages.count));
          return backing;
        }
      },
    AddressSpace: (Right) =>
      class extends Right {
        protected override inherited(area: Area): Area {
          const { backing } = area;
          return { ...super.inherited(area), backing: forks.get(backing)?.() ?? backing };
        }
      },
  },
  'mappings-limited': {
    breaks: 'MAP-18',
    summary: 'A buffer has room for 256 mappings.',
    DmaBuf: (Right) =>
      class extends Right {
        override map(first: number, count: number): Backing | ErrnoName {
          return this.mappings >= MAPPINGS_MAX ? 'ENOMEM' : super.map(first, count);
        }
      },
  },
  'pages-reversed': {
    breaks: 'CMA-01',
    summary: 'Mappings show the pages of a buffer from the last to the first.',
    DmaBuf: mappedOtherwise(({ backing, buffer: { pages } }) => ({
      resolve: (page) => backing.resolve(page < pages.count ? pages.count - 1 - page : page),
    })),
  },
});
