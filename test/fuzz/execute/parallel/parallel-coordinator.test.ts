/** Threads that really run at once on one region: what they find, and who waits for whom. */
import t from 'tap';
import { EMPTY_SNAPSHOT } from '../../../../fuzz/corpus/snapshot.ts';
import type { RoundReport } from '../../../../fuzz/judge/round-report.ts';
import { WorkerPool } from '../../../../fuzz/workers/worker-pool.ts';
import { allocert } from '../../../e2e/command.ts';

const OVERLAP = 'exclusion CMA-03: two live buffers share a page';
/** Rounds that are worth a look when nothing is to be found. */
const ROUNDS = 256;
/** Rounds within which threads have met that may, also on a machine with other work. */
const ROUNDS_UNTIL = 8192;
const BATCH = 32;

const moduleOf = (path: string): string => new URL(path, import.meta.url).href;
const FUZZ_WORKER = moduleOf('../../../../bin/workers/fuzz-worker.js');

const poolOn = (target: string, workers: number, module = FUZZ_WORKER): WorkerPool =>
  new WorkerPool(module, workers, {
    ...{ target, version: 'test', seed: 11n, modes: ['parallel'] },
    ...{ memoryLimit: 8n << 20n, shrinkBudget: 100 },
  });

const numbers = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => from + at);

/** Reports of rounds, until one has a signature or all have run. */
async function reportsOf(pool: WorkerPool, until?: string): Promise<RoundReport[]> {
  const reports: RoundReport[] = [];
  const most = until === undefined ? ROUNDS : ROUNDS_UNTIL;
  for (let from = 0; from < most; from += BATCH) {
    reports.push(...(await pool.run(numbers(from, BATCH), new Set(), EMPTY_SNAPSHOT)));
    const found = reports.some(({ done }) => done.signatures.some((one) => one === until));
    if (found) break;
  }
  return reports;
}

t.test('without the lock of the region, two threads find the same pages', async (t) => {
  const pool = poolOn('sim:?defect=region-search-unlocked', 2);
  await pool.describeTarget();
  const reports = await reportsOf(pool, OVERLAP);
  const detection = reports
    .flatMap(({ detections }) => detections)
    .find(({ violation }) => violation.oracle === 'exclusion');
  t.ok(detection, `nothing in ${reports.length} rounds`);
  t.match(
    detection?.violation.detail,
    /^page \d+ belongs to the buffer of part \d, operation \d+ and/,
  );
  if (detection !== undefined) {
    const { histories, mode, reproduced, signature } = await pool.minimize(detection);
    t.equal(signature, OVERLAP);
    t.equal(mode, 'parallel');
    t.ok(histories.length > 0);
    t.ok(reproduced?.of === 10 || reproduced?.times === 0, 'shown again, or as it was seen');
  }
  await pool.close();
});

t.test('with the lock, they never do', async (t) => {
  for (const target of ['sim:', 'sim:?region=512KiB']) {
    const pool = poolOn(target, 2);
    await pool.describeTarget();
    const reports = await reportsOf(pool);
    t.equal(reports.length, ROUNDS);
    t.strictSame(
      reports.map(({ done }) => done.index),
      numbers(0, ROUNDS),
    );
    t.strictSame(
      reports.flatMap(({ detections }) => detections.map(({ violation }) => violation)),
      [],
      target,
    );
    t.ok(reports.every(({ done }) => done.operations > 0 && done.mode === 'parallel'));
    await pool.close();
  }
});

t.test('a part that dies keeps nobody waiting; its round is charged alone', async (t) => {
  const pool = poolOn('sim:', 3, moduleOf('./deadly-worker.js'));
  await pool.describeTarget();
  const [first, second] = await Promise.all([
    pool.run(numbers(0, 6), new Set(), EMPTY_SNAPSHOT),
    pool.run(numbers(6, 6), new Set(), EMPTY_SNAPSHOT),
  ]);
  const reports = [...first, ...second];
  t.strictSame(
    reports.map(({ done }) => done.index),
    numbers(0, 12),
  );
  const lost = reports.filter((report) => report.lost !== undefined);
  t.strictSame(
    lost.map(({ done, lost: why }) => [done.index, why]),
    [[3, 'worker exited with code: 7']],
  );
  await pool.close();
});

t.test('campaigns of every mode end, and say what they ran', async (t) => {
  const out = `${t.testdir({})}/campaign`;
  const words = ['fuzz', '--modes', 'all', '--rounds', '64', '--seed', '2', '--workers', '2'];
  const ran = await allocert([...words, '--out', out]);
  t.equal(ran.code, 0, ran.stdout + ran.stderr);
  t.match(ran.stdout, /^64 rounds, \d+ operations now, 0 findings\b/m);
  const again = await allocert(['fuzz', '--resume', '--rounds', '80', '--out', out]);
  t.equal(again.code, 0, again.stderr);
  const refused = await allocert([
    'fuzz',
    'sim:?transient=5',
    '--modes',
    'parallel',
    '--rounds',
    '1',
    '--out',
    `${out}-2`,
  ]);
  t.equal(refused.code, 2);
  t.match(refused.stderr, /threads cannot use sim:\?transient=5 together/);
});
