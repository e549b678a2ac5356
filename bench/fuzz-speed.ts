/**
 * How fast the fuzzer is, as ratios within one run: `npm run bench:fuzz-speed`. Everything that is
 * compared is measured in turns and the medians count. What one thread does is measured in its own
 * processor time, so that neighbours on the machine matter little; only the two workers need both
 * cores for themselves. Ends 1 when a bound is missed:
 *
 * - generating, recording and judging cost at most half of what fast-check's `modelRun` adds to an
 *   operation on a target that does nothing;
 * - the exclusion oracle, the ordering of events included, takes 20 million events a second;
 * - a campaign of all ordinary modes in one thread, its corpus included, runs a quarter of the
 *   operations of `asyncModelRun` on the simulator of parallel mode; how many it runs of
 *   `asyncModelRun` on its own simulator is only told;
 * - two workers run 1.7 times as many operations as one: of rounds that each has to itself, and of
 *   parallel ones, in which they contend for one region and its clock.
 */
import { availableParallelism, loadavg } from 'node:os';
import type { PackedTarget } from '../adapters/contract/packed.ts';
import { openSimulator } from '../adapters/simulator/adapter.ts';
import { runCampaign } from '../fuzz/campaign/campaign.ts';
import { EMPTY_SNAPSHOT } from '../fuzz/corpus/snapshot.ts';
import { WorkerPool } from '../fuzz/workers/worker-pool.ts';
import { detectOverlap } from '../oracles/sweep.ts';
import { tellFigures } from './all/figures.ts';
import { medianOf, processorTime } from './all/measure.ts';
import { idleModelRuns, simulatedModelRuns } from './fuzz-speed/model-run.ts';
import { ReplayedRounds } from './fuzz-speed/replayed.ts';
import { sessionModelRuns } from './fuzz-speed/session-model-run.ts';

const COST_MAX = 0.5;
const EVENTS_MIN = 20;
const ORDINARY_MIN = 0.25;
const SCALING_MIN = 1.7;

const TURNS = 9;
/** Rounds of one part that are generated, recorded and judged. */
const RECORDED = 64;
const MODEL_RUNS = 150;
const SESSION_RUNS = 6;
const BATCH = 32;
/** Rounds of a campaign of all ordinary modes. */
const ORDINARY = 256;
/** Campaigns before one is measured: V8 compiles for so long, with as much of a processor. */
const WARMING = 8;
const NS = 1e6;

/** Nanoseconds an operation, the loop that counts them not included. */
function costOf(run: () => number): number {
  const start = processorTime();
  const operations = run();
  const end = processorTime();
  let counted = 0;
  for (let at = 0; at < operations; at += 1) counted += at & 1;
  const empty = processorTime() - end;
  if (counted < 0) throw new RangeError('a count is not negative');
  return ((end - start - empty) * NS) / operations;
}

/** Thousands of operations a second, by some clock. */
async function rateOf(run: () => Promise<number>, now: () => number): Promise<number> {
  const start = now();
  const operations = await run();
  return operations / (now() - start);
}

function verdict(name: string, value: string, holds: boolean): void {
  process.stdout.write(`${holds ? 'holds ' : 'MISSED'}  ${name}: ${value}\n`);
  if (!holds) process.exitCode = 1;
}

function cost(rounds: ReplayedRounds): void {
  const packed: number[] = [];
  const model: number[] = [];
  for (let turn = -2; turn < TURNS; turn += 1) {
    const one = costOf(() => rounds.run());
    const other = costOf(() => idleModelRuns(MODEL_RUNS));
    if (turn < 0) continue; // Not compiled yet.
    packed.push(one);
    model.push(other);
  }
  const ratio = medianOf(packed.map((one, turn) => one / (model[turn] ?? 1)));
  const words = `${medianOf(packed).toFixed(0)} ns an operation, modelRun ${medianOf(model).toFixed(0)}`;
  const name = `generate, record and judge, ${COST_MAX} of modelRun at most`;
  verdict(name, `${ratio.toFixed(2)} (${words})`, ratio <= COST_MAX);
}

function oracle(rounds: ReplayedRounds): void {
  const recorded = rounds.lives();
  const rates: number[] = [];
  for (let turn = -2; turn < TURNS; turn += 1) {
    let events = 0;
    const start = processorTime();
    for (const thread of recorded) {
      if (detectOverlap([thread], target.pages).crowded) throw new Error('a false alarm');
      events += thread.changes.length / 2;
    }
    const rate = events / (processorTime() - start) / 1000;
    if (turn >= 0) rates.push(rate);
  }
  const rate = medianOf(rates);
  const words = `${rate.toFixed(1)} million events a second (best ${Math.max(...rates).toFixed(1)})`;
  verdict(`exclusion oracle, ${EVENTS_MIN} million at least`, words, rate >= EVENTS_MIN);
}

/** A campaign of all ordinary modes in this thread. @returns how many operations it had */
async function ordinary(seed: number): Promise<number> {
  const { operations } = await runCampaign({
    ...{ adapter: openSimulator('sim:'), version: 'bench', seed: BigInt(seed), modes: [] },
    ...{ profile: undefined, memoryLimit: 8n << 20n, shrinkBudget: 0 },
    budget: { rounds: ORDINARY, operations: undefined, milliseconds: undefined },
  });
  return operations;
}

const moduleUrl = new URL('../bin/workers/fuzz-worker.js', import.meta.url).href;
const poolOf = (workers: number, mode: string): WorkerPool =>
  new WorkerPool(moduleUrl, workers, {
    ...{ target: 'sim:', version: 'bench', seed: 1n, modes: [mode] },
    ...{ memoryLimit: 8n << 20n, shrinkBudget: 0 },
  });

/** Runs the next batches of a pool. @returns how many operations they had */
async function batches(pool: WorkerPool, from: number, count: number): Promise<number> {
  const all = Array.from({ length: count }, (_, batch) =>
    pool.run(
      Array.from({ length: BATCH }, (_, at) => from + batch * BATCH + at),
      new Set(),
      EMPTY_SNAPSHOT,
    ),
  );
  const reports = (await Promise.all(all)).flat();
  return reports.reduce((sum, { done }) => sum + done.operations, 0);
}

interface Rates {
  readonly one: number;
  readonly two: number;
  readonly ratio: number;
  /** What the ratio is when each worker has a core: twice the cost of one, for that of two. */
  readonly byProcessor: number;
}

/** Thousands of checked operations a second with one worker and with two. */
async function scaling(mode: string, count: number): Promise<Rates> {
  const pools = [poolOf(1, mode), poolOf(2, mode)];
  const rates: number[][] = [[], []];
  const costs: number[][] = [[], []];
  for (const pool of pools) await pool.describeTarget();
  for (let turn = -1; turn < TURNS; turn += 1) {
    for (const [index, pool] of pools.entries()) {
      const run = (): Promise<number> => batches(pool, (turn + 1) * count * BATCH, count);
      const before = processorTime();
      const start = performance.now();
      const operations = await run();
      if (turn < 0) continue;
      rates[index]?.push(operations / (performance.now() - start));
      costs[index]?.push((processorTime() - before) / operations);
    }
  }
  for (const pool of pools) await pool.close();
  const [one = [], two = []] = rates;
  const ratio = medianOf(two.map((rate, turn) => rate / (one[turn] ?? 1)));
  const [own = [], shared = []] = costs;
  const byProcessor = medianOf(shared.map((cost, turn) => (2 * (own[turn] ?? 0)) / cost));
  return { one: medianOf(one), two: medianOf(two), ratio, byProcessor };
}

const packedTarget = openSimulator('sim:').packed;
if (packedTarget === undefined) throw new Error('sim: has no parallel mode');
const target: PackedTarget = packedTarget;
const rounds = new ReplayedRounds(target, RECORDED);
cost(rounds);
oracle(rounds);
const parallel = await scaling('parallel', 16);
const scheduled = await scaling('hammer', 24);
const alone: number[] = [];
const models: number[] = [];
const campaigns: number[] = [];
const ownModels: number[] = [];
const session = await openSimulator('sim:').open();
for (let turn = 0; turn < WARMING; turn += 1) await ordinary(TURNS + turn);
await sessionModelRuns(session, SESSION_RUNS);
for (let turn = 0; turn < TURNS; turn += 1) {
  campaigns.push(await rateOf(() => ordinary(turn), processorTime));
  alone.push(await rateOf(async () => rounds.runOn(target), processorTime));
  models.push(await rateOf(() => simulatedModelRuns(target, MODEL_RUNS), processorTime));
  ownModels.push(await rateOf(() => sessionModelRuns(session, SESSION_RUNS), processorTime));
}
const model = medianOf(models);
const thread = medianOf(alone);
const said = (rate: number): string => `${rate.toFixed(0)}k operations/s`;
process.stdout.write(`        by processor time, one thread of parallel mode: ${said(thread)}, `);
process.stdout.write(`asyncModelRun on the same simulator: ${said(model)}; `);
process.stdout.write(`${(thread / model).toFixed(1)} times as many\n`);
const share = medianOf(campaigns.map((rate, turn) => rate / (models[turn] ?? 1)));
const rates = `${said(medianOf(campaigns))}, asyncModelRun ${said(model)}`;
verdict(
  `a campaign of ordinary modes, ${ORDINARY_MIN} of asyncModelRun at least`,
  `${share.toFixed(3)} (${rates})`,
  share >= ORDINARY_MIN,
);
const ownShare = medianOf(campaigns.map((rate, turn) => rate / (ownModels[turn] ?? 1)));
process.stdout.write(
  `        a campaign of ordinary modes to asyncModelRun on its own simulator: `,
);
process.stdout.write(`${ownShare.toFixed(2)} (asyncModelRun ${said(medianOf(ownModels))})\n`);
// Two workers that do not get a core each cannot be compared by the clock.
const busy = (loadavg()[0] ?? 0) > availableParallelism() + 1;
for (const [mode, { byProcessor, one, ratio, two }] of Object.entries({ scheduled, parallel })) {
  process.stdout.write(`        checked on sim:, ${mode}: ${said(one)} with one worker, `);
  process.stdout.write(`${said(two)} with two\n`);
  const both = `${ratio.toFixed(2)} by the clock, ${byProcessor.toFixed(2)} by processor`;
  const why = busy ? '; others use the machine, so the latter counts' : '';
  const name = `two workers for one, ${mode}, ${SCALING_MIN} times at least`;
  verdict(name, both + why, (busy ? byProcessor : ratio) >= SCALING_MIN);
}
const counted = ({ byProcessor, ratio }: Rates): number => (busy ? byProcessor : ratio);
tellFigures({
  parallel: thread / model,
  ordinary: share,
  'ordinary-own': ownShare,
  'two-ordinary': counted(scheduled),
  'two-parallel': counted(parallel),
});
