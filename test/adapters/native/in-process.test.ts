/** The executor as an addon of this process: the same answers, and nothing ends this process. */
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import type { Operation, Program, Result, Session } from '../../../adapters/contract/index.ts';
import { openNative } from '../../../adapters/native/adapter.ts';
import { buildExample } from './example-library.ts';

process.env.ALLOCERT_CACHE = join(tmpdir(), 'allocert-test-cache');

const program = (operations: readonly Operation[], deadlineMs = 20_000): Program => ({
  threads: [{ client: 'main', operations }],
  deadlineMs,
});

/** A session on a device that every machine has; the test closes it at its end. */
function sessionFor(t: Test): Promise<Session> {
  const adapter = openNative('native:/dev/zero?mode=in-process');
  t.teardown(() => adapter.close());
  return adapter.open();
}

async function resultsOf(session: Session, work: Program): Promise<readonly Result[]> {
  return (await session.run(work)).threads[0] ?? [];
}

/** Processes whose parent is this one. */
function children(): number[] {
  const numbers = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return numbers.map(Number).filter((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
      return Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]) === process.pid;
    } catch {
      return false; // It ended between the listing and the reading.
    }
  });
}

/** The process of this one that clients are forked from. */
const nurseries = (): number[] =>
  children().filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('--nursery'));

const OPERATIONS: readonly Operation[] = [
  { op: 'open', file: 'region:0', flags: 2n, slot: 'fd' },
  { op: 'pread', fd: { slot: 'fd' }, length: 4n },
  { op: 'close', fd: 999n },
  { op: 'memfd', length: 8192n, slot: 'm' },
  { op: 'mmap', length: 8192n, protection: 3n, flags: 1n, fd: { slot: 'm' }, slot: 'at' },
  { op: 'load', address: { slot: 'at' }, offset: 4096n, length: 2n },
  { op: 'ftruncate', fd: { slot: 'm' }, length: 0n },
  { op: 'load', address: { slot: 'at' }, length: 2n },
  { op: 'exec' },
  { op: 'close', fd: { slot: 'm' } },
  { op: 'descriptors' },
  { op: 'fork', client: 'child' },
  { op: 'kill', client: 'child', signal: 11n },
  { op: 'wait', client: 'child' },
];

t.test('both modes answer alike, also after exec and with other clients', async (t) => {
  const answers: unknown[] = [];
  for (const mode of ['contained', 'in-process']) {
    const adapter = openNative(`native:/dev/zero?mode=${mode}`);
    const session = await adapter.open();
    await session.begin('alike');
    const results = await resultsOf(session, program(OPERATIONS));
    answers.push(
      results.map(({ outcome, errno, signal, out }, index) => {
        const value = OPERATIONS[index]?.op === 'mmap' ? 0n : results[index]?.value;
        const isFork = OPERATIONS[index]?.op === 'fork';
        const bytes = Buffer.from(out).toString('hex');
        return { outcome, errno, signal, bytes, value: isFork ? 0n : value };
      }),
    );
    await adapter.close();
  }
  t.strictSame(answers[0], answers[1]);
  t.match(answers[0], [{ value: 3n }, { value: 4n }, { errno: 'EBADF' }], 'and did something');
});

t.test('a crash and a hang end a client and not this process', async (t) => {
  const session = await sessionFor(t);
  await session.begin('crash');
  const dies = await session.run(program([{ op: 'kill', client: 'main', signal: 11n }]));
  t.match(dies.deaths, [{ client: 'main', signal: 'SIGSEGV' }]);
  await session.begin('hang');
  const hangs = await session.run(program([{ op: 'sleep', microseconds: 60_000_000n }], 100));
  t.ok(hangs.deadlineHit);
  t.match(hangs.threads[0], [{ outcome: 'lost' }]);
  await session.begin('after');
  t.match(await resultsOf(session, program([{ op: 'memfd', length: 1n }])), [{ value: 3n }]);
  await session.close();
  t.strictSame(children(), [], 'no client is left');
});

t.test('clients come from a process that may be ended', async (t) => {
  const session = await sessionFor(t);
  const [first = 0, ...others] = nurseries();
  t.strictSame(others, []);
  for (const name of ['before', 'after']) {
    await session.begin(name);
    t.match(await resultsOf(session, program([{ op: 'memfd', length: 1n }])), [{ value: 3n }]);
    if (name === 'before') process.kill(first, 'SIGKILL');
  }
  t.notSame(nurseries(), [first], 'there is another one');
  await session.close();
  t.strictSame(children(), [], 'and it has left');
});

t.test('cases that are given ahead run one after the other', async (t) => {
  const session = await sessionFor(t);
  const makes = (length: bigint): Program => program([{ op: 'memfd', length, slot: 'm' }]);
  const asks = program([{ op: 'lseek', fd: { slot: 'm' }, offset: 0n, whence: 2n }]);
  const run = session.runCase?.bind(session);
  if (run === undefined) throw new Error('there is no runCase');
  const refused = { threads: [], deadlineMs: 0 };
  const dies = program([{ op: 'kill', client: 'main', signal: 9n }]);
  const given = Promise.allSettled([
    run('first', [makes(5n), asks]),
    run('refused', [refused]),
    run('dies', [dies]),
    run('last', [makes(7n), asks]),
  ]);
  await session.begin('beside');
  t.match(await resultsOf(session, makes(1n)), [{ value: 3n }], 'and then whatever comes');
  const [first, wrong, death, last] = await given;
  t.match(first, { value: [{}, { threads: [[{ value: 5n }]] }] });
  t.match(wrong, { reason: { message: /the executor refuses: .*deadline/ } });
  t.match(death, { value: [{ deaths: [{ client: 'main', signal: 'SIGKILL' }] }] });
  t.match(last, { value: [{}, { threads: [[{ value: 7n }]] }] });
  await run('more', [program([{ op: 'memfd', length: 9n, slot: 'other' }])]);
  const after = program([{ op: 'lseek', fd: { slot: 'other' }, offset: 0n, whence: 2n }]);
  t.match(await resultsOf(session, after), [{ value: 9n }], 'a Program after it is in the case');
});

t.test('a session that is closed ends what was given ahead', async (t) => {
  const session = await sessionFor(t);
  const sleeps = program([{ op: 'sleep', microseconds: 3_600_000_000n }], 3_600_000);
  const given = [session.runCase?.('sleeps', [sleeps]), session.runCase?.('waits', [sleeps])];
  const ends = Promise.allSettled(given);
  await session.close();
  const lost = { reason: { name: 'ConnectionLost', message: 'the session was closed' } };
  t.match(await ends, [lost, lost]);
  t.strictSame(children(), [], 'no client is left');
});

t.test('a Program that makes no sense is refused', async (t) => {
  const session = await sessionFor(t);
  await session.begin('refused');
  await t.rejects(session.run({ threads: [], deadlineMs: 0 }), { message: /deadline/ });
  await session.close();
  await t.rejects(session.run(program([])), { message: /the executor is closed/ });
});

t.test('a library belongs to one session of a process at a time', async (t) => {
  const url = `native:${await buildExample(t.testdir())}?mode=in-process`;
  const first = openNative(url);
  const session = await first.open();
  t.match(session.facts, {
    implementation: 'Userspace example 1.0',
    regions: [{ node: '/dev/cma0', abi: 'simple-allocator', bounded: true }],
    details: { mode: 'in-process' },
  });
  const second = openNative(url);
  await t.rejects(second.open(), { message: /another session .* \?mode=contained/ });
  await first.close();
  t.match((await second.open()).facts.capabilities, ['files']);
  await second.close();
});

t.test('threads of this process have executors of their own', async (t) => {
  const code = new URL('./in-process-worker.js', import.meta.url);
  const counts = await Promise.all(
    [1, 2, 3].map(
      (seed) =>
        new Promise((resolve, reject) => {
          const worker = new Worker(code, { workerData: { rounds: 200, seed } });
          worker.once('message', resolve);
          worker.once('error', reject);
        }),
    ),
  );
  t.strictSame(counts, [200, 200, 200]);
});
