import type { Operation } from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import { type CaseContext, SUBJECT } from '../../kit/context.ts';
import { fill, fillLengths } from '../../kit/filling.ts';
import { larger } from '../../kit/larger-smaller.ts';
import { OverlapCount, runTogether } from '../../kit/race.ts';

/** Threads that fill the region together. */
const THREADS = 4;
/** Requests that meet while the region is nearly full get too much in more than one fill of two. */
const ODDS = 2;
/** The most buffers of one length that a thread takes. */
const BUFFERS_MAX = 512n;
/** Memory that was in the way may come back once. */
const ROUNDS_OVER = 2;

/** Several threads fill the region at once. */
export const concurrentFillCases: readonly Case[] = [
  {
    id: 'CON-01/fill',
    title: 'threads that fill the region together get no more than there is',
    requirements: ['CON-01'],
    needs: ['timing'],
    needsBounded: true,
    async run(context) {
      const { page, region } = context;
      const overlaps = new OverlapCount(ODDS);
      let capacity = (await fill(context)).pages;
      let over = 0;
      let most = 0n;
      for (let round = 0; overlaps.goesOn; round += 1) {
        const pages = await fillTogether(context, round, overlaps);
        capacity = larger(capacity, (await fill(context)).pages);
        most = larger(most, pages);
        if (pages > capacity) over += 1;
        if (region.sizeBytes !== undefined && pages * page > region.sizeBytes) over = ROUNDS_OVER;
      }
      const word = over < ROUNDS_OVER ? 'within' : 'more';
      const detail =
        `${THREADS} threads together got at most ${most} pages, one alone ${capacity}; ` +
        overlaps.note;
      context.observe('CON-01', 'total', word, detail);
      overlaps.demandPower();
    },
  },
];

/** How many pages threads get that all take until nothing is left; then they are freed. */
async function fillTogether(
  context: CaseContext,
  round: number,
  overlaps: OverlapCount,
): Promise<bigint> {
  const device = await context.device();
  const lengths = fillLengths(context);
  const slotOf = (thread: number, index: number): string => `part-${thread}-${index}[i]`;
  const racing = Array.from({ length: THREADS }, (_, thread) => ({
    operations: lengths.map((length, index): Operation => {
      const body = [context.allocationStep(slotOf(thread, index), device, { length })];
      return { op: 'repeat', times: BUFFERS_MAX, stop: 'failure', body };
    }),
  }));
  const race = await runTogether(context, racing, { seed: BigInt(round) });
  overlaps.count(race);
  let pages = 0n;
  for (const [thread, [, ...loops]] of race.history.threads.entries()) {
    for (const [index, { value: times }] of loops.entries()) {
      if (times === 0n) continue;
      pages += (times * (lengths[index] ?? 0n)) / context.page;
      const fd = context.descriptorIn(slotOf(thread, index));
      const close: Operation = { op: 'close', fd };
      await context.runSteps(SUBJECT, [{ op: 'repeat', times, stop: 'never', body: [close] }]);
    }
  }
  return pages;
}
