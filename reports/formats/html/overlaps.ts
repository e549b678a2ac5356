import type { FrameRun, FuzzBuffer, FuzzInterval, FuzzPicture } from './fuzz-picture.ts';

/** Page frames that two buffers had at the same time. */
export interface FrameOverlap extends FuzzInterval {
  /** Places of the two among the buffers of the picture. */
  readonly one: number;
  readonly other: number;
  readonly frames: FrameRun;
}

/**
 * Every pair of buffers that shared frames while both lived, computed from the buffers: what the
 * finding says of itself is not believed. Where one's time ends as the other's begins, none is.
 */
export function overlapsOf({ buffers }: Pick<FuzzPicture, 'buffers'>): readonly FrameOverlap[] {
  return buffers.flatMap((one, index) =>
    buffers.slice(index + 1).flatMap((other, after) =>
      sharedFrames(one, other).flatMap((frames) =>
        sharedTimes(one, other).map((time) => {
          return { one: index, other: index + 1 + after, frames, ...time };
        }),
      ),
    ),
  );
}

function sharedFrames(one: FuzzBuffer, other: FuzzBuffer): FrameRun[] {
  return one.frames.flatMap((a) =>
    other.frames.flatMap((b) => {
      const first = a.first > b.first ? a.first : b.first;
      const [endA, endB] = [a.first + BigInt(a.count), b.first + BigInt(b.count)];
      const count = Number((endA < endB ? endA : endB) - first);
      return count > 0 ? [{ first, count }] : [];
    }),
  );
}

function sharedTimes(one: FuzzBuffer, other: FuzzBuffer): FuzzInterval[] {
  return one.lives.flatMap((a) =>
    other.lives.flatMap((b) => {
      const from = a.from > b.from ? a.from : b.from;
      const until = earlier(a.until, b.until);
      return until === undefined || until > from ? [{ from, until }] : [];
    }),
  );
}

const earlier = (a: bigint | undefined, b: bigint | undefined): bigint | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;
