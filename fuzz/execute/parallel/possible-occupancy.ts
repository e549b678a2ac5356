import type { PossibleOccupancy } from '../../../oracles/free-run.ts';
import { LIFETIME } from '../../../oracles/sweep.ts';
import { MAYBE } from './round-memory.ts';

/**
 * Says what may have lived during a call, for any number of calls on the same lives: a buffer may
 * have from the call of its allocation to the return of the close that freed it. What had begun
 * before the call's return, less what was over before its call, is a difference of two sums.
 *
 * @param lives packed, with the further words of {@link MAYBE}
 * @param tickets how many were given
 */
export function possibleOccupancyOf(
  lives: Int32Array,
  tickets: number,
): (call: number, back: number) => PossibleOccupancy {
  const begun = new Float64Array(tickets + 1);
  const over = new Float64Array(tickets + 1);
  const begunPages = new Float64Array(tickets + 1);
  const overPages = new Float64Array(tickets + 1);
  for (let at = 0; at < lives.length; at += LIFETIME.words) {
    const from = lives[at + MAYBE.from] as number;
    const until = lives[at + MAYBE.until] as number;
    begun[from + 1] = 1;
    begunPages[from + 1] = lives[at + LIFETIME.count] as number;
    if (until >= tickets) continue;
    over[until + 1] = 1;
    overPages[until + 1] = lives[at + LIFETIME.count] as number;
  }
  for (const sums of [begun, over, begunPages, overPages]) {
    for (let at = 1; at <= tickets; at += 1) sums[at] = sumAt(sums, at) + sumAt(sums, at - 1);
  }
  return (call, back) => ({
    buffers: sumAt(begun, back + 1) - sumAt(over, call),
    pages: sumAt(begunPages, back + 1) - sumAt(overPages, call),
  });
}

const sumAt = (sums: Float64Array, at: number): number => sums[at] as number;
