/**
 * Out bytes when the executor runs out of room for them. Goal: a result that says `returned` has all
 * of its bytes, whichever operation it is of; where there is no room, the operation is not run.
 */
import t, { type Test } from 'tap';
import { type Result, wordOf } from '../../../adapters/contract/history.ts';
import type { Operation } from '../../../adapters/contract/program.ts';
import { AgentProcess } from './agent-process.ts';

const KIB = 1024n;
/** The most bytes that one operation hands out. */
const MOST = 64n * KIB;
/** So many pages have frame numbers of that size; an executor's page is 4 KiB or more. */
const PAGES = 8192n;
const MAPPING = PAGES * 4n * KIB;
/** More than enough for 24 MiB, the room of one Program. */
const CALLS = 500;
const ADDRESS = { slot: 'map' } as const;

async function withMapping(t: Test): Promise<AgentProcess> {
  const agent = await AgentProcess.ready();
  t.teardown(() => agent.stop());
  const [, map] = await agent.run([
    { op: 'memfd', slot: 'file', length: MAPPING },
    { op: 'mmap', slot: 'map', length: MAPPING, protection: 3n, flags: 1n, fd: { slot: 'file' } },
  ]);
  t.equal(map && wordOf(map), 'ok');
  return agent;
}

/** Operations that hand out as many bytes as there can be, and how many their value stands for. */
const FULL: readonly (readonly [Operation, bytesEach: number])[] = [
  [{ op: 'load', address: ADDRESS, length: MOST }, 1],
  [{ op: 'pread', fd: { slot: 'file' }, length: MOST }, 1],
  [{ op: 'peek', client: 'main', address: ADDRESS, length: MOST }, 1],
  [{ op: 'frames', address: ADDRESS, length: MAPPING }, 8],
];

/** Whether a result has its bytes, or says that it has none. */
const isWhole = (result: Result, bytesEach: number): boolean =>
  wordOf(result) === 'ok'
    ? result.out.length === Number(result.value) * bytesEach && result.out.length > 0
    : result.out.length === 0 && result.value === -1n;

for (const [operation, bytesEach] of FULL) {
  t.test(`${operation.op} loses no bytes`, async (t) => {
    const agent = await withMapping(t);
    const [one] = await agent.run([operation]);
    if (one === undefined || wordOf(one) !== 'ok') {
      t.comment(`${operation.op} does not work here`);
      return;
    }
    const results = await agent.run(Array.from({ length: CALLS }, () => operation));
    t.strictSame(
      results.filter((result) => !isWhole(result, bytesEach)).map(wordOf),
      [],
      'no result lacks bytes',
    );
    t.ok(results.filter((result) => wordOf(result) === 'ok').length > 100, 'there is much room');
    t.strictSame(new Set(results.map(wordOf)), new Set(['ok', 'not-run']));
    t.equal(wordOf(results.at(-1) as Result), 'not-run', 'the room ends');
    const [again] = await agent.run([operation]);
    t.equal(again && wordOf(again), 'ok', 'the next Program has room again');
  });

  t.test(`${operation.op} loses no bytes in a loop`, async (t) => {
    const agent = await withMapping(t);
    const [one] = await agent.run([operation]);
    if (one === undefined || wordOf(one) !== 'ok') {
      t.comment(`${operation.op} does not work here`);
      return;
    }
    const body = Array.from({ length: CALLS }, () => operation);
    const [loop] = await agent.run([{ op: 'repeat', times: 2n, stop: 'never', body }]);
    const kept = (loop?.steps ?? []).flatMap(({ anomalies, first, last }) => [
      first,
      last,
      ...anomalies.map(({ result }) => result),
    ]);
    t.equal(kept.filter((result) => !isWhole(result, bytesEach)).length, 0);
    const failed = loop?.steps?.at(-1);
    t.strictSame(failed?.failures, { 'not-run': 2n });
  });
}

t.test('threads that hand out bytes side by side lose none', async (t) => {
  const agent = await withMapping(t);
  const operations = Array.from({ length: CALLS / 4 }, () => FULL.map(([one]) => one)).flat();
  const threads = Array.from({ length: 4 }, () => ({ client: 'main', operations }));
  const history = await agent.program({ threads, deadlineMs: 60_000 });
  const results = history.threads.flat();
  t.equal(results.length, 4 * operations.length);
  const ofLoads = results.filter((_, index) => index % FULL.length < 3);
  t.equal(ofLoads.filter((result) => !isWhole(result, 1)).length, 0);
  t.ok(ofLoads.some((result) => wordOf(result) === 'not-run'));
});

t.test('an operation without bytes needs no room', async (t) => {
  const agent = await withMapping(t);
  const [load] = FULL;
  const loads = Array.from({ length: CALLS }, () => load?.[0] as Operation);
  const results = await agent.run([...loads, { op: 'dup', fd: { slot: 'file' } }]);
  t.equal(wordOf(results.at(-1) as Result), 'ok');
});
