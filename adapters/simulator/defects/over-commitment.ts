/** Pages that a region hands out twice. */
import type { DmaBuf } from '../buffers/dma-buf.ts';
import type { Region } from '../buffers/region.ts';

/** Pages that a region hands out although they are taken: those not yet given out, and given. */
const surplus = new WeakMap<Region, { spare: number; given: number }>();

/** The page that is handed out once more: every region has it. */
const SHARED_PAGE = 0;
/** More is never handed out twice, so that a region can still be filled. */
const SURPLUS_MAX = 64;

function surplusOf(region: Region): { spare: number; given: number } {
  const books = surplus.get(region) ?? { spare: 0, given: 0 };
  surplus.set(region, books);
  return books;
}

/** Lets an {@link overCommitting} region hand out a page more than it has. */
export function commitTwice(region: Region): void {
  const books = surplusOf(region);
  if (books.spare + books.given < SURPLUS_MAX) books.spare += 1;
}

/** Hands out a page of an {@link overCommitting} region that is taken already. */
export function takeTwice(region: Region): number {
  const books = surplusOf(region);
  books.spare = Math.max(0, books.spare - 1);
  books.given += 1;
  return SHARED_PAGE;
}

/** Regions that {@link commitTwice} works on. */
export const overCommitting = (Right: typeof Region): typeof Region =>
  class extends Right {
    override allocate(count: number, order = 0): number | undefined {
      const first = super.allocate(count, order);
      if (first !== undefined || count > 1 || surplusOf(this).spare === 0) return first;
      return takeTwice(this);
    }
    override release(first: number, count: number): void {
      const books = surplusOf(this);
      if (first !== SHARED_PAGE || count > 1 || books.given === 0) {
        super.release(first, count);
        return;
      }
      books.given -= 1;
      books.spare += 1;
    }
  };

/** {@link commitTwice} for the region of a buffer. */
export const commitTwiceFor = ({ pages }: DmaBuf): void => commitTwice(pages.region);
