import fc from 'fast-check';

const GIBIBYTE = 1n << 30n;

/**
 * Lengths at which allocators go wrong: nothing, pages and their neighbours, the region and its
 * neighbours, and where 31, 32, 63 and 64 bits end.
 *
 * @param page bytes
 * @param region bytes, where known
 */
export function boundaryLengths(page: bigint, region: bigint | undefined): readonly bigint[] {
  const around = (value: bigint): bigint[] => [value - 1n, value, value + 1n];
  const size = region === undefined ? [] : [region - page, ...around(region), region + page];
  return [
    0n,
    1n,
    ...around(page),
    ...around(2n * page),
    ...size,
    ...around(2n * GIBIBYTE),
    ...around(4n * GIBIBYTE),
    4n * GIBIBYTE + page,
    ...around(1n << 63n),
    ...[page + 1n, page, page - 1n, page / 2n, 1n].map((below) => (1n << 64n) - below),
  ];
}

/** Bytes by which a length falls short of whole pages: none as a rule. */
export const shortfall = (page: bigint): fc.Arbitrary<bigint> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(0n) },
    { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: page - 1n }) },
  );

/** Buffer sizes in pages, the small ones most often. */
export const smallPages = (most: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: Math.min(4, most) }) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: Math.min(17, most) }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: most }) },
  );
