import { pageFramesIn, type RegionFacts, type TargetFacts } from '../../adapters/contract/index.ts';
import type { Allocation, CaseContext } from './context.ts';
import { Skip } from './observation.ts';

/** Page frames, both ends included. */
export interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * The page frames behind a buffer, in the order of its pages.
 *
 * @throws {@link Skip} when the target does not tell them
 */
export async function framesOf(
  context: CaseContext,
  buffer: Allocation,
  length: bigint,
): Promise<readonly bigint[]> {
  const address = await context.map(buffer, length);
  const { ok, out, word } = await context.subject.frames({ address, length });
  if (!ok) throw new Skip(`page frames cannot be looked up here: ${word}`);
  const frames = pageFramesIn(out);
  if (frames.includes(0n)) throw new Skip('the target hides the page frames of buffers');
  return frames;
}

/**
 * The page frames of a region, as the target tells them.
 *
 * @throws {@link Skip} when it does not
 */
export function regionFrames(facts: TargetFacts, region: RegionFacts): Range {
  const range = rangeTold(facts, region);
  if (range === undefined) throw new Skip('the target does not tell where its regions lie');
  return range;
}

/** The page frames of a region; undefined when the target does not tell them. */
export function rangeTold({ details }: TargetFacts, { name }: RegionFacts): Range | undefined {
  const [, first, last] =
    /^(0x[0-9a-f]+)-(0x[0-9a-f]+)$/.exec(details[`${name} frames`] ?? '') ?? [];
  if (first === undefined || last === undefined) return undefined;
  return { first: BigInt(first), last: BigInt(last) };
}
