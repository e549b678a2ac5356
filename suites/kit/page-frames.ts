import {
  pageFramesIn,
  type RegionFacts,
  type Result,
  succeeded,
  type TargetFacts,
  wordOf,
} from '../../adapters/contract/index.ts';
import { type FrameRange, frameRangeOf } from '../../oracles/index.ts';
import type { Allocation, CaseContext } from './context.ts';
import type { Crowd } from './crowd.ts';
import { Skip } from './observation.ts';

/**
 * The page frames behind a buffer, in the order of its pages.
 *
 * @throws {@link Skip} when the target does not tell them
 */
export async function pageFramesOf(
  context: CaseContext,
  buffer: Allocation,
  length: bigint,
): Promise<readonly bigint[]> {
  const address = await context.map(buffer, length);
  const { result } = await context.subject.frames({ address, length });
  await context.subject.munmap({ address, length });
  return framesIn(result);
}

/**
 * The page frames behind each buffer of a crowd.
 *
 * @throws {@link Skip} when the target does not tell them
 */
export async function framesOfCrowd(crowd: Crowd): Promise<readonly (readonly bigint[])[]> {
  const looks = await crowd.each(crowd.members, ({ view, length }) => [
    { op: 'frames', address: view, length },
  ]);
  return looks.map(framesIn);
}

function framesIn(result: Result): readonly bigint[] {
  if (!succeeded(result)) {
    throw new Skip(`page frames cannot be looked up here: ${wordOf(result)}`);
  }
  const frames = pageFramesIn(result.out);
  if (frames.includes(0n)) throw new Skip('the target hides the page frames of buffers');
  return frames;
}

/**
 * The page frames of a region, as the target tells them.
 *
 * @throws {@link Skip} when it does not
 */
export function regionFrames(facts: TargetFacts, region: RegionFacts): FrameRange {
  const range = frameRangeOf(facts, region);
  if (range === undefined) throw new Skip('the target does not tell where its regions lie');
  return range;
}
