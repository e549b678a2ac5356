import type { CaseContext } from './context.ts';
import { larger, smaller } from './larger-smaller.ts';

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
 * A length of a few pages past 4 GiB, where a region is known to hold one; of an unbounded region
 * it is not asked, since that is the memory of the whole machine.
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

/** Buffers that a case may hold of each of the {@link fewSizes}. */
const FEW_HELD = 8n;

/** A page, more than a chunk, and more than a large one: for rules that take long for each size. */
export function fewSizes(context: CaseContext): readonly bigint[] {
  const room = budgetOf(context) / FEW_HELD;
  const few = [17n * context.page, 257n * context.page];
  return [context.page, ...few.filter((length) => length <= room)];
}

/** Pages of a buffer in a cycle: few on a region that is counted page by page. */
const BOUNDED_PAGES = 4n;
const GAUGED_PAGES = 256n;

/**
 * Bytes of a buffer whose loss shows: large where only a gauge sees it.
 *
 * @param together so many of them live at once
 */
export function cycleLength({ page, region }: CaseContext, together = 1n): bigint {
  if (!region.bounded) return GAUGED_PAGES * page;
  const { sizeBytes } = region;
  if (sizeBytes === undefined) return BOUNDED_PAGES * page;
  return larger(1n, smaller(BOUNDED_PAGES, sizeBytes / page / together)) * page;
}

/** A size of the buffers of a cycle, and how often the cycle is run between two readings. */
export interface CycleSize {
  /** Bytes. */
  readonly length: bigint;
  readonly cycles: bigint;
}

/** Cycles of a small buffer: what is lost in one of 256 shows. */
const SMALL_CYCLES = 256n;
/** A region must hold what large buffers lose in two blocks, and as much again. */
const LOST_SHARE = 6n;

/**
 * The sizes with which a cycle is run that must leave as much memory free as it found. Of large
 * buffers there are so few that the region does not run dry of room for them in the first block;
 * where a gauge is read, which takes thousands of cycles, there are none.
 */
export function cycleSizes(context: CaseContext): readonly CycleSize[] {
  const small = { length: cycleLength(context), cycles: SMALL_CYCLES };
  const large = context.region.bounded ? fewSizes(context).slice(1) : [];
  return [small, ...large.map((length) => ({ length, cycles: fewCycles(context, length) }))];
}

/** So many cycles that a region has room for all that they could lose of so many bytes. */
export function fewCycles({ region }: CaseContext, bytes: bigint): bigint {
  const cycles = (region.sizeBytes ?? 0n) / bytes / LOST_SHARE;
  return cycles < 1n ? 1n : cycles < SMALL_CYCLES ? cycles : SMALL_CYCLES;
}
