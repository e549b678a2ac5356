import { linux, type Operation, type Result } from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import { type CaseContext, SUBJECT } from '../../kit/context.ts';
import { fillAndHold } from '../../kit/filling.ts';
import { observeConservedBy } from '../../kit/free-memory.ts';
import { Inconclusive } from '../../kit/observation.ts';
import {
  OverlapCount,
  type Race,
  roundsFor,
  runTogether,
  Sightings,
  visibleLoss,
} from '../../kit/race.ts';

/** A fork or an exit meets an allocation that is under way in more than one round of six. */
const ODDS = 6;
/** Buffers of a client that ends. */
const HELD = 3;
/** Microseconds between two signals; a request takes about as long. */
const INTERVAL_US = 50n;
/** Requests under signals. */
const REQUESTS = 512n;
/** Threads that ask a full region. */
const ASKERS = 4;
/** Nanoseconds that a refusal may take: what only waits in a queue for a processor takes less. */
const AT_ONCE = 1_000_000_000n;

/** Processes begin and end during an allocation, or signals arrive. */
export const concurrentEndCases: readonly Case[] = [
  {
    id: 'CON-06/memory',
    title: 'a process may be forked while it allocates',
    requirements: ['CON-06'],
    needs: ['clients', 'timing'],
    async run(context) {
      const { cycles, bytesPerCycle, length } = visibleLoss(context, ODDS);
      await context.control({ length });
      const overlaps = new OverlapCount(ODDS);
      await observeConservedBy(context, {
        requirement: 'CON-06',
        cycles,
        bytesPerCycle,
        run: () =>
          overlaps.meet((round) => forkMeanwhile(context, round, length, overlaps.lengthening)),
        note: () => overlaps.note,
      });
      overlaps.demandPower();
    },
  },
  {
    id: 'CON-07/signals',
    title: 'a request under signals is carried out or interrupted',
    requirements: ['CON-07'],
    needs: ['timing'],
    async run(context) {
      await context.control();
      const sightings = new Sightings();
      await allocateUnderSignals(context, REQUESTS, context.page, sightings);
      sightings.observe(context, 'CON-07', `a signal came every ${INTERVAL_US} microseconds`);
    },
  },
  {
    id: 'CON-07/memory',
    title: 'requests under signals lose nothing',
    requirements: ['CON-07'],
    needs: ['timing'],
    async run(context) {
      const { cycles, bytesPerCycle, length } = visibleLoss(context, ODDS);
      await context.control({ length });
      const run = (): Promise<void> => allocateUnderSignals(context, 1n, length, new Sightings());
      await observeConservedBy(context, { requirement: 'CON-07', cycles, bytesPerCycle, run });
    },
  },
  {
    id: 'CON-08/full-region',
    title: 'threads that ask a full region are refused at once',
    requirements: ['CON-08'],
    needs: ['timing'],
    needsBounded: true,
    async run(context) {
      await context.control();
      const sightings = new Sightings();
      for (let round = 0; round < roundsFor(ODDS); round += 1)
        await askFull(context, round, sightings);
      if (sightings.empty) throw new Inconclusive('blocked: the region never stayed full');
      sightings.observe(context, 'CON-08', `${ASKERS} threads asked in each round`);
    },
  },
  {
    id: 'CON-09/exit',
    title: 'a process may end while another allocates',
    requirements: ['CON-09'],
    needs: ['clients', 'timing'],
    async run(context) {
      const { cycles, bytesPerCycle, length } = visibleLoss(context, ODDS);
      await context.control({ length });
      const overlaps = new OverlapCount(ODDS);
      await observeConservedBy(context, {
        requirement: 'CON-09',
        cycles,
        bytesPerCycle,
        run: () =>
          overlaps.meet((round) => endMeanwhile(context, round, length, overlaps.lengthening)),
        note: () => overlaps.note,
      });
      overlaps.demandPower();
    },
  },
];

/** Operations that take some buffers one after the other. */
async function takes(
  context: CaseContext,
  name: string,
  length: bigint,
): Promise<readonly Operation[]> {
  const device = await context.device();
  return Array.from({ length: HELD }, (_, index) =>
    context.allocationStep(`${name}-${index}`, device, { length }),
  );
}

/** Operations that close them again. */
const drops = (context: CaseContext, name: string): readonly Operation[] =>
  Array.from({ length: HELD }, (_, index) => ({
    op: 'close',
    fd: context.descriptorIn(`${name}-${index}`),
  }));

/** One thread takes and closes buffers; another forks a child, which is killed afterwards. */
async function forkMeanwhile(
  context: CaseContext,
  index: number,
  length: bigint,
  times: bigint,
): Promise<Race> {
  const client = `forked-${index}`;
  const taking = await takes(context, 'mine', length);
  const race = await runTogether(
    context,
    [
      {
        operations: [
          { op: 'repeat', times, stop: 'never', body: [...taking, ...drops(context, 'mine')] },
        ],
      },
      { operations: [{ op: 'fork', client }] },
    ],
    { seed: BigInt(index) },
  );
  const forked = race.history.threads[1]?.[1];
  if (forked?.errno !== undefined) throw new Inconclusive(`blocked: fork gave ${forked.errno}`);
  await context.runSteps(SUBJECT, [
    { op: 'kill', client, signal: linux.SIGKILL },
    { op: 'wait', client },
  ]);
  return race;
}

/** A client that holds buffers ends, while another one allocates. */
async function endMeanwhile(
  context: CaseContext,
  index: number,
  length: bigint,
  times: bigint,
): Promise<Race> {
  const client = `ending-${index}`;
  const taking = await takes(context, 'mine', length);
  await context.subject.fork({ client });
  await context.runSteps(client, await takes(context, 'theirs', length));
  const end: Operation =
    index % 2 === 0 ? { op: 'exit', status: 0n } : { op: 'kill', client, signal: linux.SIGKILL };
  const race = await runTogether(
    context,
    [
      {
        operations: [
          { op: 'repeat', times, stop: 'never', body: [...taking, ...drops(context, 'mine')] },
        ],
      },
      { client, operations: [end] },
    ],
    { seed: BigInt(index), mayDie: true },
  );
  await context.runSteps(SUBJECT, [{ op: 'wait', client }]);
  return race;
}

/** Requests while a timer of the same client keeps interrupting. */
async function allocateUnderSignals(
  context: CaseContext,
  times: bigint,
  length: bigint,
  sightings: Sightings,
): Promise<void> {
  const body: Operation[] = [
    context.allocationStep('signalled', await context.device(), { length }),
    { op: 'close', fd: context.descriptorIn('signalled') },
  ];
  const history = await context.runSteps(SUBJECT, [
    { op: 'itimer', intervalUs: INTERVAL_US },
    // After a failure there is no descriptor to close.
    { op: 'repeat', times, stop: 'failure', body },
    { op: 'itimer', intervalUs: 0n },
  ]);
  const [request] = history.threads[0]?.[1]?.steps ?? [];
  if (request === undefined) return;
  const detail = `${request.succeeded} of at most ${times} requests were carried out`;
  if (request.succeeded > 0n) sightings.add('result', { word: 'ok', detail });
  for (const word of Object.keys(request.failures)) sightings.add('result', { word, detail });
}

/** Threads ask for a page of a region that is full, all at once. */
async function askFull(context: CaseContext, round: number, sightings: Sightings): Promise<void> {
  const full = await fillAndHold(context);
  const device = await context.device();
  const slots = Array.from({ length: ASKERS }, (_, index) => `asked-${index}`);
  const { history } = await runTogether(
    context,
    slots.map((slot) => ({ operations: [context.allocationStep(slot, device)] })),
    { seed: BigInt(round) },
  );
  for (const [index, [, result]] of history.threads.entries()) {
    await noteRefusal(context, slots[index] ?? '', result, sightings);
  }
  await full.drop();
}

/** How long a refusal took. Real memory may come back later: then a thread was not refused. */
async function noteRefusal(
  context: CaseContext,
  slot: string,
  result: Result | undefined,
  sightings: Sightings,
): Promise<void> {
  if (result?.return === undefined) return;
  if (result.errno === undefined) {
    await context.subject.close({ fd: context.descriptorIn(slot) });
    return;
  }
  const took = result.return - result.call;
  const detail = `${result.errno} came after ${took / 1000n} microseconds`;
  sightings.add('refusal', { word: took <= AT_ONCE ? 'at-once' : 'late', detail });
}
