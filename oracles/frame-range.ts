import type { RegionFacts, TargetFacts } from '../adapters/contract/index.ts';

/** Page frames, both ends included. */
export interface FrameRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** The page frames of a region, one or several ranges; undefined when the target does not tell. */
export function frameRangesOf(
  { details }: TargetFacts,
  { name }: RegionFacts,
): readonly FrameRange[] | undefined {
  const ranges = (details[`${name} frames`] ?? '').split(',').map((part) => {
    const [, first, last] = /^(0x[0-9a-f]+)-(0x[0-9a-f]+)$/.exec(part) ?? [];
    return { first: BigInt(first ?? 1), last: BigInt(last ?? 0) };
  });
  return ranges.every(({ first, last }) => first <= last) ? ranges : undefined;
}

/** Whether a page frame lies in one of some ranges. */
export const inRanges = (ranges: readonly FrameRange[], frame: bigint): boolean =>
  ranges.some(({ first, last }) => first <= frame && frame <= last);
