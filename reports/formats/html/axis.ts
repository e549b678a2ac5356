import type { FuzzPicture } from './fuzz-picture.ts';

/** The time axis that the pictures of one finding share. */
export interface Axis {
  /** Percent of the width at which a time lies; without a time, the end. */
  readonly x: (at: bigint | undefined) => number;
  /** Times to be written under the axis, from its beginning to its end. */
  readonly ticks: readonly { readonly x: number; readonly label: string }[];
  /** A time in microseconds since the schedule began. */
  readonly micro: (at: bigint) => string;
}

const TICKS = 8;

/**
 * Each beginning and end of a call takes the same room, however long the time between them: a call
 * of a microsecond among others of a second would not be seen otherwise.
 */
export function axisOf({ schedule }: FuzzPicture): Axis {
  const all = schedule.flatMap(({ result }) =>
    result === undefined ? [] : [result.call, result.return ?? result.call],
  );
  const times = [...new Set(all)].toSorted((a, b) => (a < b ? -1 : 1));
  const [begin = 0n] = times;
  const x = (at: bigint | undefined): number =>
    at === undefined ? 100 : round((placeOf(times, at) / Math.max(1, times.length)) * 100);
  const micro = (at: bigint): string => String(Number((at - begin) / 100n) / 10);
  const step = Math.max(1, Math.ceil(times.length / TICKS));
  const ticks = times
    .filter((_, index) => index % step === 0)
    .map((at) => ({ x: x(at), label: micro(at) }));
  return { x, ticks, micro };
}

/** How many of the sorted times are earlier. */
function placeOf(times: readonly bigint[], at: bigint): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? at) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A number short enough for markup. */
export const round = (number: number): number => Math.round(number * 100) / 100;
