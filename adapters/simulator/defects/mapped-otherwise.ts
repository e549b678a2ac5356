/** Mappings that show other pages than those of the right allocator. */
import type { ErrnoName } from '../../contract/errno.ts';
import type { DmaBuf } from '../buffers/dma-buf.ts';
import { failed } from '../kernel/errno.ts';
import type { Backing } from '../kernel/open-file.ts';
import { PageStore } from '../kernel/pages.ts';

/** A mapping, as it would be in the right allocator. */
export interface RightMapping {
  readonly backing: Backing;
  readonly buffer: DmaBuf;
  /** Its first page of the buffer, and how many it has. */
  readonly first: number;
  readonly count: number;
}

/** Changes what lies behind each mapping that the right allocator allows. */
export const mappedOtherwise =
  (change: (right: RightMapping) => Partial<Backing>) =>
  (Right: typeof DmaBuf): typeof DmaBuf =>
    class extends Right {
      override map(first: number, count: number): Backing | ErrnoName {
        const backing = super.map(first, count);
        if (failed(backing)) return backing;
        return { ...backing, ...change({ backing, buffer: this, first, count }) };
      }
    };

/** Pages of their own, with what the first pages of a buffer hold now. */
export function copied({ pages: { region, first } }: DmaBuf, count: number): Backing {
  const store = new PageStore(region.store.pageBytes);
  for (let page = 0; page < count; page += 1) {
    store.bytes(page).set(region.store.bytes(first + page));
  }
  return { expandable: false, resolve: (page) => ({ store, page }) };
}

/** Mappings may be grown past the end of their buffer by so many pages. */
export const growing = (past: number): ((Right: typeof DmaBuf) => typeof DmaBuf) =>
  mappedOtherwise(({ backing, buffer: { pages } }) => {
    const end = Math.min(pages.count + past, pages.region.pageCount - pages.first);
    return {
      expandable: true,
      resolve: (page) => (page < end ? backing.resolve(page) : 'SIGBUS'),
    };
  });
