/**
 * A recording of a real kernel as a fast fixture: the cases must still draw the same verdicts from
 * it, and a wrong expectation or a missing answer must show.
 */
import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { openReplay } from '../../adapters/replay/adapter.ts';
import { packageRoot } from '../../base/package-root.ts';
import type { CaseFinish } from '../../reports/record/journal-lines.ts';
import { runSuites } from '../../suites/index.ts';
import { allocert } from './command.ts';

const FIXTURE = join(packageRoot(), 'test', 'fixtures', 'debian-6.12-dma-heap');

/** The cases that were recorded: races and long answers are left out. */
const RECORDED = readFileSync(join(FIXTURE, 'evidence.ndjson'), 'utf8')
  .split('\n')
  .flatMap((line) => /"caseId":"([^"]+)"/.exec(line)?.[1] ?? []);

async function replayed(folder: string): Promise<CaseFinish[]> {
  const ends: CaseFinish[] = [];
  const ignore = (): void => {};
  await runSuites({
    adapter: await openReplay(`replay:${folder}`),
    only: RECORDED,
    onStart: ignore,
    onCaseStart: ignore,
    onNotice: ignore,
    onCaseEnd: (line) => ends.push(line),
  });
  return ends;
}

t.test('a real kernel’s answers give the verdicts that they gave then', async (t) => {
  const verdicts = (await replayed(FIXTURE)).flatMap((end) => end.verdicts);
  const not = (status: string): string[] =>
    verdicts.filter((one) => one.status === status).map((one) => one.requirement);
  t.strictSame(not('warn'), ['IOC-02', 'IOC-03', 'IOC-04', 'IOC-05', 'FLG-05']);
  const unbounded = ['LEN-06', 'LEN-07', 'LEN-09', 'ERR-07', 'ISO-07'];
  const elsewhere = ['CMA-05', 'CMA-06', 'CMA-07', 'CMA-08', 'CON-08'];
  const long = ['LEN-02', 'LEN-03', 'LEN-04', 'MAP-01', 'MAP-08', 'ISO-01'];
  const here = ['ABI-02', 'IOC-07', ...unbounded, ...elsewhere, ...long];
  t.strictSame([...new Set(not('skip'))].toSorted(), here.toSorted(), 'what it cannot show');
  const rest = verdicts.filter(({ status }) => !['pass', 'warn', 'skip', 'info'].includes(status));
  t.strictSame(
    rest.map(({ requirement, reason }) => `${requirement}: ${reason}`),
    [],
  );
  t.ok(not('pass').length >= 100, `${not('pass').length} passed`);
});

t.test('what was not recorded is inconclusive, never a pass', async (t) => {
  const lines = (await readFile(join(FIXTURE, 'evidence.ndjson'), 'utf8')).split('\n');
  const without = lines.filter((line) => !line.includes('"caseId":"MAP-01/whole"'));
  t.equal(without.length, lines.length - 1);
  const folder = t.testdir({ 'evidence.ndjson': without.join('\n') });
  const missing = (await replayed(folder)).find((end) => end.case === 'MAP-01/whole');
  t.equal(missing?.end, 'inconclusive');
  t.match(missing?.verdicts, [{ status: 'inconclusive' }]);
});

t.test('a deliberately wrong expectation fails', async (t) => {
  const copy = t.testdir({});
  const root = packageRoot();
  for (const part of ['package.json', 'dist', 'catalogue', 'reports/schema', 'reports/formats']) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const group = join(copy, 'catalogue', 'requirements', 'length.json');
  const right = await readFile(group, 'utf8');
  const wrong = right.replace(/("zero": \[")EINVAL/g, '$1EPERM');
  t.not(wrong, right);
  await writeFile(group, wrong);
  const program = join(copy, 'dist', 'bin', 'allocert.js');
  const out = join(copy, 'report');
  const run = await allocert(['run', `replay:${FIXTURE}`, '--out', out], { program });
  t.equal(run.code, 1, run.stderr);
  t.match(run.stdout, /FAIL {2}LEN-01/);
  const record = JSON.parse(readFileSync(join(out, 'record.json'), 'utf8'));
  t.equal(
    record.requirements.filter(
      (one: { statuses: Record<string, string> }) => one.statuses['dma-heap'] === 'fail',
    ).length,
    1,
  );
});
