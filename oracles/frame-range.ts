import type { RegionFacts, TargetFacts } from '../adapters/contract/index.ts';

/** Page frames, both ends included. */
export interface FrameRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** The page frames of a region; undefined when the target does not tell them. */
export function frameRangeOf(
  { details }: TargetFacts,
  { name }: RegionFacts,
): FrameRange | undefined {
  const [, first, last] =
    /^(0x[0-9a-f]+)-(0x[0-9a-f]+)$/.exec(details[`${name} frames`] ?? '') ?? [];
  if (first === undefined || last === undefined) return undefined;
  return { first: BigInt(first), last: BigInt(last) };
}
