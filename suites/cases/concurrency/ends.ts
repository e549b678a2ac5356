import { linux, type Operation, type Result } from '../../../adapters/contract/index.ts';
import { type Case, Inconclusive } from '../../kit/case.ts';
import { type Bench, SUBJECT } from '../../kit/context.ts';
import { hold, observeConservedBy } from '../../kit/free-memory.ts';
import { Encounters, lossOf, type Meeting, meet, roundsFor, Sights } from '../../kit/race.ts';

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

/** Cases of group N in which processes begin and end meanwhile, or signals come. */
export const concurrentEnds: readonly Case[] = [
  {
    id: 'CON-06/memory',
    title: 'a process may be forked while it allocates',
    requirements: ['CON-06'],
    needs: ['clients', 'timing'],
    async run(bench) {
      const { cycles, bytesPerCycle, length } = lossOf(bench, ODDS);
      await bench.control({ length });
      const encounters = new Encounters();
      await observeConservedBy(bench, {
        requirement: 'CON-06',
        cycles,
        bytesPerCycle,
        run: async (index) => encounters.count(await forkMeanwhile(bench, index, length)),
        note: () => encounters.note,
      });
    },
  },
  {
    id: 'CON-07/signals',
    title: 'a request under signals is carried out or interrupted',
    requirements: ['CON-07'],
    needs: ['timing'],
    async run(bench) {
      await bench.control();
      const sights = new Sights();
      await allocateUnderSignals(bench, REQUESTS, bench.page, sights);
      sights.observe(bench, 'CON-07', `a signal came every ${INTERVAL_US} microseconds`);
    },
  },
  {
    id: 'CON-07/memory',
    title: 'requests under signals lose nothing',
    requirements: ['CON-07'],
    needs: ['timing'],
    async run(bench) {
      const { cycles, bytesPerCycle, length } = lossOf(bench, ODDS);
      await bench.control({ length });
      const run = (): Promise<void> => allocateUnderSignals(bench, 1n, length, new Sights());
      await observeConservedBy(bench, { requirement: 'CON-07', cycles, bytesPerCycle, run });
    },
  },
  {
    id: 'CON-08/full-region',
    title: 'threads that ask a full region are refused at once',
    requirements: ['CON-08'],
    needs: ['timing'],
    needsBounded: true,
    async run(bench) {
      await bench.control();
      const sights = new Sights();
      for (let round = 0; round < roundsFor(ODDS); round += 1) await askFull(bench, round, sights);
      if (sights.empty) throw new Inconclusive('blocked: the region never stayed full');
      sights.observe(bench, 'CON-08', `${ASKERS} threads asked in each round`);
    },
  },
  {
    id: 'CON-09/exit',
    title: 'a process may end while another allocates',
    requirements: ['CON-09'],
    needs: ['clients', 'timing'],
    async run(bench) {
      const { cycles, bytesPerCycle, length } = lossOf(bench, ODDS);
      await bench.control({ length });
      const encounters = new Encounters();
      await observeConservedBy(bench, {
        requirement: 'CON-09',
        cycles,
        bytesPerCycle,
        run: async (index) => encounters.count(await endMeanwhile(bench, index, length)),
        note: () => encounters.note,
      });
    },
  },
];

/** Operations that take some buffers one after the other. */
async function takes(bench: Bench, name: string, length: bigint): Promise<readonly Operation[]> {
  const device = await bench.device();
  return Array.from({ length: HELD }, (_, index) =>
    bench.allocationStep(`${name}-${index}`, device, { length }),
  );
}

/** Operations that close them again. */
const drops = (bench: Bench, name: string): readonly Operation[] =>
  Array.from({ length: HELD }, (_, index) => ({
    op: 'close',
    fd: bench.descriptorIn(`${name}-${index}`),
  }));

/** One thread takes and closes buffers; another forks a child, which is killed afterwards. */
async function forkMeanwhile(bench: Bench, index: number, length: bigint): Promise<Meeting> {
  const client = `forked-${index}`;
  const taking = await takes(bench, 'mine', length);
  const meeting = await meet(
    bench,
    [
      { operations: [...taking, ...drops(bench, 'mine')] },
      { operations: [{ op: 'fork', client }] },
    ],
    { seed: BigInt(index) },
  );
  const forked = meeting.history.threads[1]?.[1];
  if (forked?.errno !== undefined) throw new Inconclusive(`blocked: fork gave ${forked.errno}`);
  await bench.runSteps(SUBJECT, [
    { op: 'kill', client, signal: linux.SIGKILL },
    { op: 'wait', client },
  ]);
  return meeting;
}

/** A client that holds buffers ends, while another one allocates. */
async function endMeanwhile(bench: Bench, index: number, length: bigint): Promise<Meeting> {
  const client = `ending-${index}`;
  const taking = await takes(bench, 'mine', length);
  await bench.subject.fork({ client });
  await bench.runSteps(client, await takes(bench, 'theirs', length));
  const end: Operation =
    index % 2 === 0 ? { op: 'exit', status: 0n } : { op: 'kill', client, signal: linux.SIGKILL };
  const meeting = await meet(
    bench,
    [{ operations: [...taking, ...drops(bench, 'mine')] }, { client, operations: [end] }],
    { seed: BigInt(index), mayDie: true },
  );
  await bench.runSteps(SUBJECT, [{ op: 'wait', client }]);
  return meeting;
}

/** Requests while a timer of the same client keeps interrupting. */
async function allocateUnderSignals(
  bench: Bench,
  times: bigint,
  length: bigint,
  sights: Sights,
): Promise<void> {
  const body: Operation[] = [
    bench.allocationStep('signalled', await bench.device(), { length }),
    { op: 'close', fd: bench.descriptorIn('signalled') },
  ];
  const history = await bench.runSteps(SUBJECT, [
    { op: 'itimer', intervalUs: INTERVAL_US },
    // After a failure there is no number to close.
    { op: 'repeat', times, stop: 'failure', body },
    { op: 'itimer', intervalUs: 0n },
  ]);
  const [request] = history.threads[0]?.[1]?.steps ?? [];
  if (request === undefined) return;
  const detail = `${request.succeeded} of at most ${times} requests were carried out`;
  if (request.succeeded > 0n) sights.add('result', { word: 'ok', detail });
  for (const word of Object.keys(request.failures)) sights.add('result', { word, detail });
}

/** Threads ask for a page of a region that is full, all at once. */
async function askFull(bench: Bench, round: number, sights: Sights): Promise<void> {
  const full = await hold(bench);
  const device = await bench.device();
  const slots = Array.from({ length: ASKERS }, (_, index) => `asked-${index}`);
  const { history } = await meet(
    bench,
    slots.map((slot) => ({ operations: [bench.allocationStep(slot, device)] })),
    { seed: BigInt(round) },
  );
  for (const [index, [, result]] of history.threads.entries()) {
    await noteRefusal(bench, slots[index] ?? '', result, sights);
  }
  await full.drop();
}

/** How long a refusal took. Real memory may come back later: then a thread was not refused. */
async function noteRefusal(
  bench: Bench,
  slot: string,
  result: Result | undefined,
  sights: Sights,
): Promise<void> {
  if (result?.return === undefined) return;
  if (result.errno === undefined) {
    await bench.subject.close({ fd: bench.descriptorIn(slot) });
    return;
  }
  const took = result.return - result.call;
  const detail = `${result.errno} came after ${took / 1000n} microseconds`;
  sights.add('refusal', { word: took <= AT_ONCE ? 'at-once' : 'late', detail });
}
