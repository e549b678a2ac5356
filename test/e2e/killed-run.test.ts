/** kill -9 of a run at random points: everything that had finished is reported, and what ran. */
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import type { JournalLine } from '../../reports/record/journal-lines.ts';
import { writeReports } from '../../reports/write.ts';
import { allocert } from './command.ts';

const POINTS = 20;

/** Some of each group that is quick: where a run is killed matters, not how long it is. */
const ONLY = [
  ...['ABI-01', 'VER-01', 'VER-02', 'LEN-02', 'LEN-03', 'LEN-04', 'LEN-05', 'IOC-02', 'FLG-01'],
  ...['FD-01', 'ISO-01', 'ERR-01', 'MAP-01'],
].join(',');

/** An adapter that kills its own process before or after its Program of that number. */
const KILLER = `
import { openTarget } from '${pathToFileURL(join(packageRoot(), 'dist/adapters/open-target.js')).href}';
export default async (url) => {
  const words = new URL(url, 'file:///').searchParams;
  const at = Number(words.get('at'));
  const adapter = await openTarget('sim:');
  let programs = 0;
  const kill = (when) => {
    if (programs === at && words.get('when') === when) process.kill(process.pid, 'SIGKILL');
  };
  return {
    url,
    close: () => adapter.close(),
    open: async () => {
      const session = await adapter.open();
      return {
        facts: session.facts,
        begin: (caseId) => session.begin(caseId),
        close: () => session.close(),
        run: async (program) => {
          programs += 1;
          kill('before');
          const history = await session.run(program);
          kill('after');
          return history;
        },
      };
    },
  };
};
`;

t.test('a killed run reports every case that finished, and the one that ran', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-killed-run-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const killer = join(folder, 'killer.mjs');
  writeFileSync(killer, KILLER);
  const runKiller = (how: string, out: string): ReturnType<typeof allocert> =>
    allocert(['run', `${killer}?${how}`, '--only', ONLY, '--out', out]);
  const full = join(folder, 'full');
  t.equal((await runKiller('at=0', full)).code, 0);
  const programs = linesIn(full).reduce(
    (sum, line) => sum + (line.type === 'case-end' ? line.transcript.entries.length : 0),
    0,
  );
  for (let point = 0; point < POINTS; point += 1) {
    const at = randomInt(1, programs + 1);
    const when = ['before', 'after'][randomInt(2)];
    const out = join(folder, `report-${point}`);
    const killed = await runKiller(`at=${at}&when=${when}`, out);
    t.equal(killed.code, 3, `killed ${when} Program ${at}`);
    const lines = linesIn(out);
    const record = writeReports(out);
    t.equal(record.exitCode, 3);
    const started = lines.flatMap((line) => (line.type === 'case-start' ? [line.case] : []));
    const ended = lines.flatMap((line) => (line.type === 'case-end' ? [line.case] : []));
    t.equal(record.complete, false);
    t.equal(record.interruptedCase, started.at(-1));
    t.match(record.incompleteReason, `the run was killed while ${started.at(-1)} ran`);
    t.strictSame(ended, started.slice(0, -1), 'each case that started before it has ended');
    t.strictSame(
      record.cases.filter(({ end }) => end !== 'not-run').map(({ id }) => id),
      ended,
      'every finished case is there',
    );
  }
  // The command says the same; once is enough for that.
  const out = join(folder, 'report-0');
  const running = writeReports(out).interruptedCase;
  const report = await allocert(['report', out]);
  t.equal(report.code, 3, report.stderr);
  t.match(report.stdout.replaceAll(/\s+/g, ' '), `killed while ${running} ran`);
});

const linesIn = (folder: string): readonly JournalLine[] =>
  readFileSync(join(folder, 'journal.ndjson'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
