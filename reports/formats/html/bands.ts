import { round } from './axis.ts';
import type { FrameRun, FuzzBuffer } from './fuzz-picture.ts';

/** Frames that are drawn without a gap, and where. */
export interface Band extends FrameRun {
  /** Pixels from the top. */
  readonly top: number;
  readonly height: number;
}

/** The vertical axis of a page map. */
export interface FrameAxis {
  readonly bands: readonly Band[];
  readonly height: number;
  /** Where a run of frames lies; it must be part of a band. */
  readonly box: (run: FrameRun) => { readonly y: number; readonly height: number };
}

const HEIGHT = 300;
const FRAME_MAX = 36;

/** Frames between buffers are drawn when they are so few, and cut out when they are more. */
const GAP_MAX = 4n;

/** The frames that buffers have, one below the other, without the wide gaps between them. */
export function frameAxisOf(buffers: readonly FuzzBuffer[]): FrameAxis {
  const runs = buffers.flatMap(({ frames }) => frames);
  const joined: { first: bigint; count: number }[] = [];
  for (const { first, count } of runs.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    const last = joined.at(-1);
    const end = last === undefined ? 0n : last.first + BigInt(last.count);
    if (last === undefined || first > end + GAP_MAX) joined.push({ first, count });
    else last.count = Math.max(last.count, Number(first - last.first) + count);
  }
  const frames = joined.reduce((sum, { count }) => sum + count, 0);
  const each = Math.min(FRAME_MAX, HEIGHT / Math.max(1, frames));
  const gap = joined.length < 2 ? 0 : Math.min(14, HEIGHT / 2 / (joined.length - 1));
  let top = 0;
  const bands = joined.map((run): Band => {
    const band = { ...run, top: round(top), height: round(run.count * each) };
    top += band.height + gap;
    return band;
  });
  const box = ({ first, count }: FrameRun): { y: number; height: number } => {
    const band = bands.findLast((one) => one.first <= first);
    const y = (band?.top ?? 0) + Number(first - (band?.first ?? first)) * each;
    return { y: round(y), height: round(Math.max(2, count * each)) };
  };
  return { bands, height: round(Math.max(1, top - gap)), box };
}
