import type { CaseContext } from './context.ts';

/**
 * Pages of the buffers that rules about contents, size, mapping and cost look at: around the chunks
 * of 16 and 256 pages that allocators take, and one that is no chunk and larger than any of them.
 */
const PAGES = [1n, 2n, 3n, 4n, 15n, 16n, 17n, 255n, 256n, 257n, 1281n];
/** Bytes that all buffers of one look take together, where the size of a region sets no limit. */
const BUDGET_BYTES = 16n << 20n;
/** What a field of 32 bits cannot hold. */
const FOUR_GIB = 1n << 32n;

/** Bytes that a case may hold at the same time: three quarters of the region, within a budget. */
export function budgetOf({ page, region }: CaseContext): bigint {
  const { bounded, sizeBytes } = region;
  const least = 4n * page;
  if (!bounded || sizeBytes === undefined) return BUDGET_BYTES;
  const share = (sizeBytes / 4n) * 3n;
  const most = share < BUDGET_BYTES ? share : BUDGET_BYTES;
  return most < least ? least : most;
}

/**
 * The sizes in bytes, rising, that two buffers at a time can have here.
 *
 * @param most pages of the largest; every one that fits when left out
 */
export function sizeClasses(context: CaseContext, most?: bigint): readonly bigint[] {
  const room = budgetOf(context) / 2n / context.page;
  const limit = most === undefined || room < most ? room : most;
  return PAGES.filter((pages) => pages <= limit).map((pages) => pages * context.page);
}

/**
 * A length of a few pages past 4 GiB, where a region is known to hold one; of an unbounded region it
 * is not asked, since that is the memory of the whole machine.
 */
export function lengthPast4GiB({ page, region }: CaseContext): bigint | undefined {
  const length = FOUR_GIB + 3n * page;
  const { bounded, sizeBytes = 0n } = region;
  return bounded && sizeBytes >= length + page ? length : undefined;
}

/** Sizes for the detail of an observation. */
export const sizesText = (sizes: readonly bigint[]): string => {
  const [least, most] = [sizes[0], sizes.at(-1)];
  return least === most ? `${least} bytes` : `${least} to ${most} bytes`;
};

/** A page, more than a chunk, and more than a large one: for rules that take long for each size. */
export function fewSizes(context: CaseContext): readonly bigint[] {
  const few = [context.page, 17n * context.page, 257n * context.page];
  return sizeClasses(context).filter((length) => few.includes(length));
}

/**
 * The sizes that a cycle takes in turn which must leave as much memory free as it found. Where a
 * gauge is read there are thousands of cycles, and large buffers are looked at on their own.
 */
export function cycleSizes(context: CaseContext): readonly bigint[] {
  const plain = 4n * context.page;
  const more = context.region.bounded ? fewSizes(context).slice(1) : [];
  return [plain, ...more];
}
