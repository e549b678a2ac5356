import { linux, type Operation } from '../../../adapters/contract/index.ts';
import { content, descriptors } from '../../../oracles/index.ts';
import type { Case } from '../../kit/case.ts';
import { pattern } from '../../kit/contents.ts';
import type { CaseContext } from '../../kit/context.ts';
import { observeConservedBy } from '../../kit/free-memory.ts';
import { Inconclusive } from '../../kit/observation.ts';
import {
  OverlapCount,
  type Race,
  type RacingThread,
  runTogether,
  type Sighting,
  visibleLoss,
} from '../../kit/race.ts';

/** Threads that allocate at once, and buffers of each. */
const THREADS = 4;
const BUFFERS_EACH = 3;
/** Buffers that each thread takes and closes in turn where memory is what is looked at. */
const TURNS = 2n;
/** Two allocations that are under way together collide in more than one round of six. */
const ODDS = 6;

/** Several threads allocate at once. */
export const concurrentAllocationCases: readonly Case[] = [
  {
    id: 'CON-01/together',
    title: 'threads that allocate at once get numbers and pages of their own',
    requirements: ['CON-01'],
    needs: ['memory', 'timing'],
    async run(context) {
      await context.control();
      const device = await context.device();
      const overlaps = new OverlapCount(ODDS);
      let buffers = 0;
      const seen = { numbers: 'distinct', contents: 'own-bytes' };
      let first: string | undefined;
      for (let round = 0; overlaps.goesOn; round += 1) {
        const race = await runTogether(context, allocating(context, device, round), {
          seed: BigInt(round),
        });
        overlaps.count(race);
        buffers += race.buffers.length;
        const numbers = numbersSeen(race);
        const contents = contentsSeen(race);
        if (numbers.word !== 'distinct') seen.numbers = numbers.word;
        if (contents.word !== 'own-bytes') seen.contents = contents.word;
        first ??= [numbers, contents].find(({ detail }) => detail !== '')?.detail;
        if (first !== undefined) break;
      }
      if (buffers === 0) throw new Inconclusive('blocked: no thread was given a buffer');
      const came = `${THREADS} threads took ${buffers} buffers`;
      const detail = `${came}; ${first ?? overlaps.note}`;
      context.observe('CON-01', 'numbers', seen.numbers, detail);
      context.observe('CON-01', 'contents', seen.contents, detail);
      overlaps.demandPower();
    },
  },
  {
    id: 'CON-01/memory',
    title: 'threads that allocate and free at once lose nothing',
    requirements: ['CON-01'],
    needs: ['timing'],
    async run(context) {
      await context.control();
      const device = await context.device();
      const { cycles, bytesPerCycle, length } = visibleLoss(context, ODDS);
      const overlaps = new OverlapCount(ODDS);
      await observeConservedBy(context, {
        requirement: 'CON-01',
        cycles,
        bytesPerCycle,
        run: () =>
          overlaps.meet((round) => {
            const racing = Array.from({ length: THREADS }, (_, thread): RacingThread => {
              const slot = `churn-${thread}`;
              const step = context.allocationStep(slot, device, { length });
              const close: Operation = { op: 'close', fd: context.descriptorIn(slot) };
              const times = TURNS * overlaps.lengthening;
              const body = [step, close];
              // After a failure there is no descriptor to close.
              return { operations: [{ op: 'repeat', times, stop: 'failure', body }] };
            });
            return runTogether(context, racing, { seed: BigInt(round) });
          }),
        note: () => overlaps.note,
      });
      overlaps.demandPower();
    },
  },
];

/** Threads that each keep some buffers, write to them, and look at them again before they close. */
function allocating(
  context: CaseContext,
  device: { readonly slot: string },
  round: number,
): RacingThread[] {
  return Array.from({ length: THREADS }, (_, thread) => {
    const mine = Array.from({ length: BUFFERS_EACH }, (__, index) =>
      keeping(context, device, {
        slot: `kept-${round}-${thread}-${index}`,
        byte: 1 + thread * BUFFERS_EACH + index,
      }),
    );
    const operations = [
      ...mine.flatMap(({ take }) => take),
      ...mine.flatMap(({ look }) => look),
      ...mine.flatMap(({ drop }) => drop),
    ];
    return { operations };
  });
}

function keeping(
  context: CaseContext,
  device: { readonly slot: string },
  { slot, byte }: { readonly slot: string; readonly byte: number },
): Record<'take' | 'look' | 'drop', readonly Operation[]> {
  const length = context.page;
  const address = { slot: `${slot}-view` };
  const protection = linux.PROT_READ | linux.PROT_WRITE;
  const fd = context.descriptorIn(slot);
  const bytes = pattern(byte);
  return {
    take: [
      context.allocationStep(slot, device, { length }),
      { op: 'mmap', slot: address.slot, length, protection, flags: linux.MAP_SHARED, fd },
      { op: 'store', address, length, bytes },
    ],
    look: [{ op: 'scan', address, length, bytes }],
    drop: [
      { op: 'munmap', address, length },
      { op: 'close', fd },
    ],
  };
}

/** Whether a descriptor was given to a client that surely had it already. */
function numbersSeen({ buffers, timeline }: Race): Sighting {
  const [found] = descriptors(timeline, buffers);
  return { word: found === undefined ? 'distinct' : 'given-twice', detail: found?.detail ?? '' };
}

/** Whether what was written to a live buffer was there until its end; zeroing is another rule. */
function contentsSeen({ buffers, timeline }: Race): Sighting {
  const found = content(timeline, buffers).find(({ requirement }) => requirement !== 'ISO-01');
  return { word: found === undefined ? 'own-bytes' : 'other-bytes', detail: found?.detail ?? '' };
}
