/**
 * Operations a second through the executor, over each way to it, as a ratio to a plain C loop of
 * the same system calls in the same run: `npm run bench`.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Operation, Session } from '../adapters/contract/index.ts';
import { buildAgent } from '../adapters/executor/build/build.ts';
import { openTarget } from '../adapters/open-target.ts';
import { packageRoot } from '../base/package-root.ts';
import { tellFigures } from './all/figures.ts';
import { medianOf } from './all/measure.ts';

const run = promisify(execFile);

/** The loop's body: as many operations as plain.c makes in an iteration. */
const BODY: readonly Operation[] = [
  { op: 'memfd', length: 4096n, slot: 'fd' },
  { op: 'mmap', length: 4096n, protection: 3n, flags: 1n, fd: { slot: 'fd' }, slot: 'at' },
  { op: 'munmap', address: { slot: 'at' }, length: 4096n },
  { op: 'close', fd: { slot: 'fd' } },
];
const BATCH = 50_000;
const SINGLE = 2_000;
const ROUNDS = 7;

interface Way {
  readonly name: string;
  readonly session: Session;
  /** Ratios to the plain loop of the same round. */
  readonly batches: number[];
  readonly singles: number[];
  best: number;
}

const folder = await mkdtemp(join(tmpdir(), 'allocert-bench-'));
const plain = join(folder, 'plain');
await run('cc', ['-std=gnu11', '-O2', '-o', plain, join(packageRoot(), 'bench', 'plain.c')]);
const { path: agent } = await buildAgent(folder);
const socket = join(folder, 'agent.sock');
const listening = spawn(agent, ['--region', '/dev/zero', '--unix', socket], { stdio: 'ignore' });
while (!existsSync(socket)) await setTimeout(10);

const urls = {
  'in process': 'native:/dev/zero?mode=in-process',
  'child process': 'native:/dev/zero?mode=contained',
  'Unix socket': `remote:unix:${socket}`,
};
const adapters = await Promise.all(Object.values(urls).map(openTarget));
const ways: Way[] = [];
for (const [index, name] of Object.keys(urls).entries()) {
  const session = await adapters[index]?.open();
  if (session === undefined) throw new Error(`${name} has no session`);
  await session.begin('bench');
  ways.push({ name, session, batches: [], singles: [], best: 0 });
}

try {
  for (let round = 0; round < ROUNDS; round += 1) await measure();
} finally {
  await Promise.all(adapters.map((adapter) => adapter.close()));
  listening.kill();
  await rm(folder, { recursive: true, force: true });
}
report();

/** One round: the plain loop before and after every way, so that a slow machine is slow for all. */
async function measure(): Promise<void> {
  for (const way of ways) {
    const before = await plainRate();
    const batch = await rateOf(way.session, 1, BATCH);
    const after = await plainRate();
    const single = await rateOf(way.session, SINGLE, 1);
    const base = (before + after) / 2;
    way.batches.push(batch / base);
    way.singles.push(single / base);
    way.best = Math.max(way.best, batch);
  }
}

async function plainRate(): Promise<number> {
  const { stdout } = await run(plain, [String(BATCH)]);
  return (BATCH * BODY.length * 1e9) / Number(stdout);
}

/** Operations a second over that many Programs, each a repeat of the body. */
async function rateOf(session: Session, programs: number, times: number): Promise<number> {
  const repeat: Operation = { op: 'repeat', times: BigInt(times), stop: 'failure', body: BODY };
  const operations = times === 1 ? BODY : [repeat];
  const start = performance.now();
  for (let program = 0; program < programs; program += 1) {
    const { threads } = await session.run({
      threads: [{ client: 'main', operations }],
      deadlineMs: 60_000,
    });
    const result = threads[0]?.at(-1);
    if (result?.value !== (times === 1 ? 0n : BigInt(times))) throw new Error('a call failed');
  }
  return (programs * times * BODY.length * 1000) / (performance.now() - start);
}

function report(): void {
  const lines = ways.map(({ name, batches, singles, best }) => ({
    name,
    batch: medianOf(batches),
    single: medianOf(singles),
    operationsPerSecond: Math.round(best),
  }));
  console.log(`ratio to a plain C loop, median of ${ROUNDS} rounds`);
  console.log(`                 batches of ${BATCH}   one by one   operations/s at best`);
  for (const { name, batch, single, operationsPerSecond } of lines) {
    const columns = [batch.toFixed(2).padStart(16), single.toFixed(3).padStart(12)];
    console.log(`${name.padEnd(15)}${columns.join('')}${String(operationsPerSecond).padStart(23)}`);
  }
  const [inProcess, contained] = lines;
  tellFigures({
    'single-in-process': inProcess?.single ?? 0,
    'single-contained': contained?.single ?? 0,
    'batch-in-process': inProcess?.batch ?? 0,
  });
  const out = process.argv[2];
  if (out !== undefined) void writeFile(out, `${JSON.stringify(lines, undefined, 2)}\n`);
}
