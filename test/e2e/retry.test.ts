/** allocert retry: what a kill cut off is completed, what failed runs again, nothing is excused. */
import { randomInt } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { RecordedCase, RunRecord } from '../../reports/record/record.ts';
import { writeReports } from '../../reports/write.ts';
import { allocert } from './command.ts';
import { recordIn, targetFolder } from './gate-folder.ts';

const POINTS = 20;
const ONLY = ['--only', 'LIF-01,LIF-02,ISO-01,IOC-02,IOC-03,FLG-04,ERR-01,LEN-02'];
const RUN = ['run', './target.js', '--out', 'report', ...ONLY];
const RETRY = ['retry', 'report', '--target', './target.js'];

interface Line {
  readonly type: string;
  readonly case: string;
  readonly transcript: { readonly entries: readonly unknown[] };
}

const linesIn = (cwd: string): readonly Line[] =>
  readFileSync(join(cwd, 'report', 'journal.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const endsIn = (cwd: string): readonly Line[] =>
  linesIn(cwd).filter(({ type }) => type === 'case-end');

const verdictsOf = ({ cases }: RunRecord): object[] => cases.map(({ verdicts }) => verdicts);

const idsWhere = ({ cases }: RunRecord, holds: (one: RecordedCase) => boolean): string[] =>
  cases.filter(holds).map(({ id }) => id);

t.test('kill -9 at random points loses nothing, and retry completes the run', async (t) => {
  const cwd = targetFolder(t);
  t.equal((await allocert(RUN, { cwd })).code, 0);
  const whole = recordIn(cwd, 'report');
  const programs = endsIn(cwd).flatMap(({ transcript }) => transcript.entries).length;
  for (let point = 0; point < POINTS; point += 1) {
    const at = randomInt(1, programs + 1);
    rmSync(join(cwd, 'report'), { recursive: true });
    const killed = await allocert(RUN, { cwd, env: { KILL_AT: String(at) } });
    t.equal(killed.code, 3, `killed at Program ${at} of ${programs}`);
    const finished = endsIn(cwd).map((line) => line.case);
    const running = linesIn(cwd).findLast(({ type }) => type === 'case-start')?.case;
    const cut = writeReports(join(cwd, 'report'));
    t.match(cut, { complete: false, interruptedCase: running, exitCode: 3 });
    t.match(cut.incompleteReason, `killed while ${running} ran`);
    const ended = idsWhere(cut, ({ end }) => end !== 'not-run');
    t.strictSame(ended, finished, 'every finished case');
    t.equal((await allocert(RETRY, { cwd })).code, 0);
    const mended = recordIn(cwd, 'report');
    t.match(mended, { complete: true, interruptedCase: '', exitCode: 0 });
    t.strictSame(verdictsOf(mended), verdictsOf(whole));
    const fromRun = idsWhere(mended, ({ retried }) => retried !== true);
    t.strictSame(fromRun, finished, 'what came from the retry says so, and nothing ran twice');
  }
});

t.test('a retry that is killed is completed by the next one', async (t) => {
  const cwd = targetFolder(t);
  await allocert(RUN, { cwd, env: { KILL_AT: '10' } });
  t.equal((await allocert(RETRY, { cwd, env: { KILL_AT: '20' } })).code, 3);
  t.equal((await allocert(['report', 'report'], { cwd })).code, 3);
  t.match(recordIn(cwd, 'report').incompleteReason, /^the retry was killed while /);
  t.equal((await allocert(RETRY, { cwd })).code, 0);
  t.equal(recordIn(cwd, 'report').complete, true);
});

t.test('what failed runs again, and its failure stays in the record', async (t) => {
  const cwd = targetFolder(t);
  const bad = { BAD_SESSIONS: '1' };
  t.equal((await allocert(RUN, { cwd, env: bad })).code, 1);
  const before = recordIn(cwd, 'report');
  const failed = idsWhere(before, ({ verdicts }) =>
    verdicts.some(({ profile, status }) => profile === 'hardened' && status === 'fail'),
  );
  t.ok(failed.includes('IOC-02/unknown-nr') && failed.includes('ISO-01/reuse'));
  const ran = await allocert(RETRY, { cwd });
  t.equal(ran.code, 1, 'memory that was not zeroed once is not excused');
  const after = recordIn(cwd, 'report');
  t.strictSame(
    idsWhere(after, ({ retried }) => retried === true),
    failed,
  );
  const statusOf = (id: string): unknown =>
    after.requirements.find((one) => one.id === id)?.statuses.hardened;
  t.equal(statusOf('ISO-01'), 'fail');
  t.equal(statusOf('IOC-02'), 'flaky');
  const attempts = after.cases.find(({ id }) => id === 'IOC-02/unknown-nr')?.attempts ?? [];
  t.strictSame(
    attempts.map(({ verdicts }) => verdicts[0]?.status),
    ['fail', 'pass'],
  );
});

t.test('the gate of the run is that of its retry', async (t) => {
  const cwd = targetFolder(t);
  const only = ['--only', 'IOC-02,LIF-01', '--out', 'report'];
  const run = ['run', './target.js', ...only, '--fail-on-flaky'];
  t.equal((await allocert(run, { cwd, env: { BAD_SESSIONS: '9' } })).code, 1);
  t.equal((await allocert(RETRY, { cwd })).code, 4, 'flaky, and --fail-on-flaky was typed then');
  t.equal((await allocert(['retry', 'report', '--target', 'sim:'], { cwd })).code, 2);
  const other = { cwd, env: { BAD_SESSIONS: '1' } };
  t.equal((await allocert(RETRY, other)).code, 4, 'nothing is left to run again');
});

t.test(
  'only a simulator is opened because a report says so, and only the same target',
  async (t) => {
    const cwd = targetFolder(t);
    const sim = ['run', 'sim:', '--only', 'LIF-01', '--out', 'report'];
    t.equal((await allocert(sim, { cwd })).code, 0);
    const journal = join(cwd, 'report', 'journal.ndjson');
    const lines = readFileSync(journal, 'utf8');
    const cut = (text: string): void => {
      // A run that is killed has written no evidence yet.
      rmSync(join(cwd, 'report', 'evidence.ndjson'), { force: true });
      writeFileSync(journal, `${text.split('\n', 1)[0]}\n`);
    };
    cut(lines);
    t.equal((await allocert(['retry', 'report'], { cwd })).code, 0);
    cut(lines.replace('"pageSize":4096', '"pageSize":8192'));
    const refused = await allocert(['retry', 'report'], { cwd });
    t.match(refused, { code: 3, stderr: /not as it did for this report/ });
    cut(lines.replace('"target":"sim:"', '"target":"./target.js"'));
    t.match(await allocert(['retry', 'report'], { cwd }), {
      code: 2,
      stderr: /what only a report names is never opened/,
    });
    cut(lines.replace(/"allocert":"[^"]+"/, '"allocert":"0.0.0"'));
    t.match(await allocert(['retry', 'report'], { cwd }), {
      code: 2,
      stderr: /allocert 0\.0\.0 wrote report/,
    });
  },
);
