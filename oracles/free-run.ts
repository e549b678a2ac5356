/** Buffers and pages that may have been in a region while a request was under way. */
export interface PossibleOccupancy {
  readonly buffers: number;
  readonly pages: number;
}

/** The size of a region, and how its allocator aligns buffers. */
export interface RegionShape {
  readonly pages: number;
  /** The largest order to which the allocator aligns buffers; 0 when it does not. */
  readonly orderMax: number;
}

/**
 * The free pages in a row that a region must have had for a request, wherever its buffers lay.
 *
 * m buffers of P pages leave a run of at least (N - P) / (m + 1) of N pages, rounded up; a run of k
 * pages aligned to a power of two a fits into k + a - 1, and at the start of an empty region into
 * k.
 *
 * @param wanted pages of the request, at least 1
 * @returns undefined when the region may not have had room
 */
export function certainFreeRun(
  wanted: number,
  { buffers, pages: taken }: PossibleOccupancy,
  { orderMax, pages }: RegionShape,
): number | undefined {
  if (taken > pages) return undefined;
  const run = Math.ceil((pages - taken) / (buffers + 1));
  const needed = buffers === 0 ? wanted : wanted + alignmentOf(wanted, orderMax) - 1;
  return run < needed ? undefined : run;
}

/** Pages to which a buffer is aligned: the power of two that holds it, up to the largest order. */
function alignmentOf(pages: number, orderMax: number): number {
  let alignment = 1;
  for (let order = 0; order < orderMax && alignment < pages; order += 1) alignment *= 2;
  return alignment;
}

/** Pages of the largest chunk that common allocators hand out memory in: 64 KiB of small pages. */
const CHUNK = 16;

/**
 * Whether a request fits beside some buffers whatever the allocator does within reason: half of the
 * region may be its own, buffers and requests may be rounded up to powers of two or to chunks, and
 * each may lie across the blocks of the others.
 *
 * @param wanted pages of the request, at least 1
 * @param taken pages of each buffer that may be there
 * @param pages of the region
 */
export function fitsAnyhow(wanted: number, taken: readonly number[], pages: number): boolean {
  let block = CHUNK;
  while (block < wanted) block *= 2;
  const blocks = Math.floor(pages / 2 / block);
  const spoilt = taken
    .map((count) => Math.ceil((2 * Math.max(count, CHUNK)) / block) + 1)
    .reduce((sum, one) => sum + one, 0);
  return blocks > spoilt;
}
