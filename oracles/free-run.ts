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
