/**
 * How cost grows: processor time at sizes over two decades (threads: from 1 to 16), and the power
 * of the size with which it grows. What is linear has 1, what costs n log n about 1.15. Part of
 * `npm run bench:all`.
 *
 * `node build/bench/growth.js [NAME…]`
 */
import type { Operand, Operation, Program } from '../adapters/contract/index.ts';
import { openTarget } from '../adapters/open-target.ts';
import { commandOf, fieldOf, requestBytes } from '../catalogue/abi-request.ts';
import { abiNamed } from '../catalogue/catalogue.ts';
import { runCampaign } from '../fuzz/campaign/campaign.ts';
import { runScenario } from '../fuzz/execute/run-scenario.ts';
import { campaignContext } from '../fuzz/plan/campaign-context.ts';
import { htmlPage } from '../reports/formats/html/page.ts';
import { junitPieces } from '../reports/formats/junit.ts';
import { tapPieces } from '../reports/formats/tap.ts';
import { RecordBuilder } from '../reports/record/builder.ts';
import type { RunRecord } from '../reports/record/record.ts';
import { recordPieces } from '../reports/record/record-text.ts';
import { type Figures, tellFigures } from './all/figures.ts';
import { type CostAt, exponentOf, medianOf, processorTime } from './all/measure.ts';
import { longRun } from './reports/long-run.ts';

const TURNS = 5;
const OPTIONS = { modes: [], memoryLimit: 64n << 20n };
/** Buffers that each thread of a Program holds one after the other. */
const HELD_BY_THREAD = 20;

/** What stands for the digest of a row's evidence. */
const DIGEST = '0'.repeat(64);

/** Something whose cost is measured at sizes; one unit of it is done by `run`. */
interface Curve {
  readonly sizes: readonly number[];
  readonly turns: number;
  /** Prepares a size, which is not measured. */
  prepare(size: number): Promise<() => unknown>;
}

/** Two decades in steps of half a decade. */
const decades = (from: number): readonly number[] =>
  [0, 1, 2, 3, 4].map((step) => Math.round(from * 10 ** (step / 2)));

const ABI = abiNamed('simple-allocator');

const descriptorOf = (slot: string): Operand => {
  const { offset, width, signed } = fieldOf(ABI, 'descriptor');
  return { slot, offset, width, signed: signed === true };
};

const allocation = (device: string, slot: string): Operation => {
  const argument = { bytes: requestBytes(ABI, { length: 4096n }) };
  return { op: 'ioctl', slot, fd: { slot: device }, request: commandOf(ABI), argument };
};

/** Allocates, maps, unmaps and closes so many buffers, which all live at once. */
function holding(buffers: number, prefix: string): readonly Operation[] {
  const slots = Array.from({ length: buffers }, (_, index) => `${prefix}b${index}`);
  return [
    { op: 'open', file: 'region:0', flags: 2n, slot: `${prefix}device` },
    ...slots.map((slot) => allocation(`${prefix}device`, slot)),
    ...slots.map((slot): Operation => {
      const fd = descriptorOf(slot);
      return { op: 'mmap', length: 4096n, protection: 3n, flags: 1n, fd, slot: `${slot}m` };
    }),
    ...slots.map((slot): Operation => {
      return { op: 'munmap', address: { slot: `${slot}m` }, length: 4096n };
    }),
    ...slots.map((slot): Operation => ({ op: 'close', fd: descriptorOf(slot) })),
  ];
}

/** A Program that the simulator runs and the oracles judge. */
async function judged(program: Program): Promise<() => Promise<unknown>> {
  const adapter = await openTarget('sim:');
  const session = await adapter.open();
  const { generator, rules } = campaignContext(session.facts, OPTIONS);
  const scenario = { mode: 'hammer', programs: [program] };
  return async () => {
    const { violations } = await runScenario(session, generator, rules, scenario);
    if (violations.length > 0) throw new Error(`a false alarm: ${violations[0]?.detail}`);
  };
}

const threadOf = (client: string, operations: readonly Operation[]) => ({ client, operations });

async function campaign(rounds: number): Promise<() => Promise<unknown>> {
  const adapter = await openTarget('sim:');
  const budget = { rounds, operations: undefined, milliseconds: undefined };
  return () =>
    runCampaign({
      ...{ adapter, version: 'bench', seed: 7n, ...OPTIONS, shrinkBudget: 0, budget },
    });
}

function record(rows: number): RunRecord {
  const builder = new RecordBuilder();
  for (const line of longRun(rows)) builder.add(line, line.type === 'case-end' ? DIGEST : '');
  return builder.record();
}

function written(of: RunRecord): number {
  let characters = 0;
  const page = htmlPage({ record: of, transcriptOf: () => undefined });
  for (const pieces of [recordPieces(of), junitPieces(of), tapPieces(of), page]) {
    for (const piece of pieces) characters += piece.length;
  }
  return characters;
}

const CURVES: Readonly<Record<string, Curve>> = {
  rounds: { sizes: decades(20), turns: 1, prepare: campaign },
  threads: {
    sizes: [1, 2, 4, 8, 16],
    turns: TURNS,
    prepare: (count) =>
      judged({
        threads: Array.from({ length: count }, (_, index) =>
          threadOf('main', holding(HELD_BY_THREAD, `t${index}`)),
        ),
        deadlineMs: 60_000,
      }),
  },
  buffers: {
    sizes: decades(1),
    turns: TURNS,
    prepare: (count) =>
      judged({ threads: [threadOf('main', holding(count, ''))], deadlineMs: 60_000 }),
  },
  cases: {
    sizes: decades(1000),
    turns: 1,
    prepare: async (count) => {
      const lines = [...longRun(count)];
      return () => {
        const builder = new RecordBuilder();
        for (const line of lines) builder.add(line, line.type === 'case-end' ? DIGEST : '');
        return builder.record();
      };
    },
  },
  rows: {
    sizes: decades(1000),
    turns: 1,
    prepare: async (count) => {
      const of = record(count);
      return () => written(of);
    },
  },
};

/** Milliseconds of a size: small ones are repeated until they can be told from nothing. */
async function costOf(run: () => unknown, turns: number): Promise<number> {
  await run(); // Compiled by now.
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const start = processorTime();
    let repeats = 0;
    do {
      await run();
      repeats += 1;
    } while (processorTime() - start < 20);
    times.push((processorTime() - start) / repeats);
  }
  return medianOf(times);
}

const asked = process.argv.slice(2);
const figures: Record<string, number> = {};
for (const [name, curve] of Object.entries(CURVES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const costs: CostAt[] = [];
  for (const size of curve.sizes) {
    costs.push({ size, cost: await costOf(await curve.prepare(size), curve.turns) });
  }
  figures[name] = exponentOf(costs);
  const line = costs.map(({ size, cost }) => `${size}: ${cost.toFixed(1)} ms`).join(', ');
  console.log(`${name.padEnd(8)} ${line}; exponent ${figures[name]?.toFixed(2)}`);
}
tellFigures(figures satisfies Figures);
