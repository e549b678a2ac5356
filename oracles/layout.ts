import { succeeded } from '../adapters/contract/index.ts';
import { credible } from './credible.ts';
import { tenanciesOf } from './exclusion.ts';
import { type FrameRange, inRanges } from './frame-range.ts';
import { devicesIn } from './timeline/devices.ts';
import type { HeldBuffer } from './timeline/lifetimes.ts';
import type { Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/**
 * The page frames of a buffer follow each other (CMA-01) and lie in the region of its device
 * (CMA-02).
 *
 * Sound where the target tells page frames and where its regions lie, for `frames` operations on
 * shared mappings that surely stood, of buffers whose device is known. At which multiples buffers
 * begin cannot be judged: nothing tells up to which order an allocator aligns.
 *
 * @param ranges by the name of the region; buffers of others are not judged
 */
export function layout(
  timeline: Timeline,
  buffers: readonly HeldBuffer[],
  ranges: ReadonlyMap<string, readonly FrameRange[]>,
): Violation[] {
  const deviceOf = devicesIn(timeline);
  const violations = tenanciesOf(timeline, buffers).flatMap(({ buffer, frames }) => {
    const own = ranges.get(deviceOf(buffer.allocation) ?? '');
    const [first] = frames;
    if (own === undefined || first === undefined || !succeeded(buffer.allocation.result)) {
      return [];
    }
    const from = `a buffer of ${frames.length} pages begins at frame 0x${first.toString(16)}`;
    const about = { oracle: 'layout', events: [buffer.allocation] };
    const found: Violation[] = [];
    if (!frames.every((frame, index) => frame === first + BigInt(index))) {
      const kind = 'page frames do not follow each other';
      found.push({ ...about, requirement: 'CMA-01', kind, detail: from });
    }
    if (!frames.every((frame) => inRanges(own, frame))) {
      const kind = 'a buffer lies outside of its region';
      found.push({ ...about, requirement: 'CMA-02', kind, detail: from });
    }
    return found;
  });
  return credible(timeline, violations);
}
