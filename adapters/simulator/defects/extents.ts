import type { ErrnoName } from '../../contract/errno.ts';
import type { Area } from '../kernel/address-space.ts';
import { failed } from '../kernel/errno.ts';
import type { Backing } from '../kernel/open-file.ts';
import { defects } from './defect.ts';
import { copied, growing, mappedOtherwise } from './mapped-otherwise.ts';
import { leak, leaky } from './ownership.ts';

/** Pages of the chunks that allocators like to take. */
const CHUNK = 16;
const LARGE_CHUNK = 256;
/** Pages of a first segment. */
const SEGMENT = 64;
/** Pages of 4 KiB in 4 GiB. */
const PAGES_IN_4_GIB = 2 ** 20;

/** Makes what a forked child finds in place of a mapping. */
const forks = new WeakMap<Backing, () => Backing>();

/** Bugs that only buffers or mappings of some extent show: mappings, page frames and lives. */
export const EXTENT_DEFECTS = defects({
  'mapping-first-segment-only': {
    breaks: 'MAP-01',
    summary: 'A mapping has nothing behind it from the 65th page of the buffer on.',
    DmaBuf: mappedOtherwise(({ backing }) => ({
      resolve: (page) => (page < SEGMENT ? backing.resolve(page) : 'SIGBUS'),
    })),
  },
  'region-upper-part-unbacked': {
    breaks: 'MAP-01',
    summary: 'The last quarter of the region has no memory behind it.',
    DmaBuf: mappedOtherwise(({ backing, buffer: { pages } }) => {
      const end = Math.floor((pages.region.pageCount / 4) * 3);
      return {
        resolve: (page) => (pages.first + page < end ? backing.resolve(page) : 'SIGBUS'),
      };
    }),
  },
  'mapping-index-of-8-bits': {
    breaks: 'MAP-08',
    summary: 'A mapping that begins at page 256 or later shows pages counted in 8 bits.',
    DmaBuf: mappedOtherwise(({ backing, first }) => ({
      resolve: (page) => backing.resolve(first < LARGE_CHUNK ? page : page % LARGE_CHUNK),
    })),
  },
  'large-mapping-wraps': {
    breaks: 'MAP-01',
    summary: 'Pages from 256 on show the first ones again.',
    DmaBuf: mappedOtherwise(({ backing }) => ({
      resolve: (page) => backing.resolve(page % LARGE_CHUNK),
    })),
  },
  'mapping-of-odd-offset-shifted': {
    breaks: 'MAP-08',
    summary: 'A mapping that begins at an odd page from the 16th on shows the page before.',
    DmaBuf: mappedOtherwise(({ backing, first }) => {
      const shift = first > CHUNK && first % 2 === 1 ? 1 : 0;
      return { resolve: (page) => backing.resolve(page - shift) };
    }),
  },
  'part-shows-whole-chunks': {
    breaks: 'MAP-08',
    summary: 'A mapping of several pages begins at a chunk of 16.',
    DmaBuf: mappedOtherwise(({ backing, count, first }) => {
      const shift = count > 1 ? first % CHUNK : 0;
      return { resolve: (page) => backing.resolve(page - shift) };
    }),
  },
  'page-offset-in-32-bits-of-bytes': {
    breaks: 'MAP-08',
    summary: 'Offsets into a buffer have 32 bits.',
    needs: 'region=8GiB',
    DmaBuf: mappedOtherwise(({ backing }) => ({
      resolve: (page) => backing.resolve(page % PAGES_IN_4_GIB),
    })),
  },
  'mapping-bound-in-32-bits-of-pages': {
    breaks: 'MAP-07',
    summary: 'The page at which a mapping begins has 32 bits.',
    DmaBuf: (Right) =>
      class extends Right {
        override map(first: number, count: number): Backing | ErrnoName {
          return super.map(first % 2 ** 32, count);
        }
      },
  },
  'large-last-page-unmappable': {
    breaks: 'MAP-01',
    summary: 'The last page of more than 256 cannot be mapped.',
    DmaBuf: (Right) =>
      class extends Right {
        protected override get mappablePages(): number {
          const pages = super.mappablePages;
          return pages > LARGE_CHUNK ? pages - 1 : pages;
        }
      },
  },
  'large-bound-of-whole-chunks': {
    breaks: 'MAP-07',
    summary: 'A mapping of more than 16 pages may reach to the end of a chunk.',
    DmaBuf: (Right) =>
      class extends Right {
        protected override get mappablePages(): number {
          const pages = super.mappablePages;
          return pages > CHUNK ? Math.ceil(pages / CHUNK) * CHUNK : pages;
        }
      },
  },
  'large-mapping-copied': {
    breaks: 'MAP-02',
    summary: 'Each mapping of 256 pages and more shows pages of its own.',
    DmaBuf: mappedOtherwise(({ backing, buffer, count }) =>
      count < LARGE_CHUNK ? backing : copied(buffer, buffer.pages.count),
    ),
  },
  'large-mapping-grows': {
    breaks: 'MAP-10',
    summary: 'A mapping of 16 pages and more can be grown over what lies behind the buffer.',
    DmaBuf: (Right) => {
      const Growing = growing(Number.POSITIVE_INFINITY)(Right);
      return class extends Right {
        override map(first: number, count: number): Backing | ErrnoName {
          const grows = this.pages.count >= CHUNK;
          return grows ? Growing.prototype.map.call(this, first, count) : super.map(first, count);
        }
      };
    },
  },
  'large-mapping-copied-by-fork': {
    breaks: 'MAP-15',
    summary: 'A child inherits copies of the pages of a buffer of 16 and more.',
    DmaBuf: (Right) =>
      class extends Right {
        override map(first: number, count: number): Backing | ErrnoName {
          const backing = super.map(first, count);
          if (failed(backing) || this.pages.count < CHUNK) return backing;
          forks.set(backing, () => copied(this, this.pages.count));
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
  'large-pages-scattered': {
    breaks: 'CMA-01',
    summary: 'The pages of a buffer of more than 64 do not follow each other.',
    DmaBuf: mappedOtherwise(({ backing, buffer: { pages } }) => ({
      resolve: (page) =>
        backing.resolve(
          pages.count > SEGMENT && page < pages.count ? pages.count - 1 - page : page,
        ),
    })),
  },
  'large-freed-while-mapped': {
    breaks: 'LIF-04 MAP-12',
    summary: 'Closing frees the pages of a buffer of more than 16 though a mapping lives.',
    DmaBuf: (Right) =>
      class extends Right {
        override flush(): void {
          const last = this.references - this.mappings === 1;
          if (last && this.pages.count > CHUNK) this.freePages();
          super.flush();
        }
      },
  },
  'large-freed-on-first-close': {
    breaks: 'LIF-03 FD-04',
    summary: 'Closing one of two descriptors frees the pages of a buffer of more than 16.',
    DmaBuf: (Right) =>
      class extends Right {
        override flush(): void {
          const more = this.references - this.mappings > 1;
          if (more && this.pages.count > CHUNK) this.freePages();
          super.flush();
        }
      },
  },
  'leak-of-large': {
    breaks: 'LIF-01',
    summary: 'Buffers of more than 255 pages lose the last one.',
    DmaBuf: (Right) =>
      class extends Right {
        protected override get pagesToFree(): number {
          return super.pagesToFree - (this.pages.count >= LARGE_CHUNK ? 1 : 0);
        }
      },
  },
  'leak-of-odd-sizes': {
    breaks: 'LIF-01',
    summary: 'Buffers of an odd number of pages, more than 15, lose the last one.',
    DmaBuf: (Right) =>
      class extends Right {
        protected override get pagesToFree(): number {
          const { count } = this.pages;
          return super.pagesToFree - (count >= CHUNK && count % 2 === 1 ? 1 : 0);
        }
      },
  },
  'leak-of-four-pages': {
    breaks: 'LIF-01',
    summary: 'Buffers of four pages or more lose the last one, until no four lie together.',
    needs: 'region=1MiB',
    DmaBuf: (Right) =>
      class extends Right {
        protected override get pagesToFree(): number {
          return super.pagesToFree - (this.pages.count >= 4 ? 1 : 0);
        }
      },
  },
  'leak-of-large-at-munmap': {
    breaks: 'LIF-04 LIF-05',
    summary: 'A buffer of more than 16 pages whose last reference is a mapping is never freed.',
    DmaBuf: (Right) =>
      class extends leaky(Right) {
        override putMapping(): void {
          if (this.references === 1 && this.pages.count > CHUNK) leak(this);
          super.putMapping();
        }
      },
  },
});
