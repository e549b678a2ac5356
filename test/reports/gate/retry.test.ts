/** What a retry is planned from: a journal that a kill cut anywhere, and a target that is typed. */
import { randomInt } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageVersion } from '../../../base/package-root.ts';
import { planRetry } from '../../../reports/gate/retry.ts';
import { JournalWriter } from '../../../reports/journal/journal.ts';
import { readJournal } from '../../../reports/journal/read-journal.ts';
import type { JournalLine, RunStart } from '../../../reports/record/journal-lines.ts';
import { type SampleStatuses, START, sampleLines, temporaryDirectory } from '../sample.ts';
import { settings } from './sample.ts';

/** A report folder with the journal of a run of this version. */
function folderOf(lines: readonly JournalLine[], more: Partial<RunStart> = {}): string {
  const directory = temporaryDirectory();
  const writer = new JournalWriter(directory);
  writer.write({ ...START, allocert: packageVersion(), ...more });
  for (const line of lines.slice(1)) writer.write(line);
  writer.close();
  return directory;
}

/** The line of a run's gate. */
const gateLine = (failOn: 'must' | 'should'): JournalLine => ({
  type: 'gate',
  ...settings({ failOn }),
});

const plan = (path: string, typed?: string) => planRetry({ path, typed, asked: undefined });

t.test('what failed, died, hung, could not decide or never ran is run again', async (t) => {
  const table: readonly (readonly [SampleStatuses, readonly string[]])[] = [
    [{}, []],
    [{ text: 'fail' }, ['LIF-01/close']],
    [{ guidance: 'inconclusive', second: 'hang' }, ['ERR-01/null', 'ERR-01/kernel']],
    [{ should: 'warn' }, []],
    [{ text: 'skip', should: 'info' }, []],
  ];
  for (const [statuses, cases] of table) {
    t.strictSame(plan(folderOf(sampleLines(statuses))).cases, cases, JSON.stringify(statuses));
  }
  const killed = folderOf(sampleLines({ text: 'fail' }).slice(0, 4));
  t.strictSame(plan(killed).cases, ['LIF-01/close', 'ERR-01/null', 'ERR-01/kernel']);
  const should = folderOf([...sampleLines({ should: 'warn' }), gateLine('should')]);
  t.strictSame(plan(should).cases, ['ERR-01/null'], 'a SHOULD gates where the run said so');
});

t.test('the gate is that of the run, by the day of the retry', async (t) => {
  const folder = folderOf([...sampleLines(), gateLine('must')]);
  const now = new Date('2026-05-06T07:08:09Z');
  const words = { path: folder, typed: undefined };
  t.equal(planRetry({ ...words, asked: undefined }, now).gate?.today, '2026-05-06');
  t.equal(planRetry({ ...words, asked: settings() }, now).gate?.today, '2026-01-15');
  t.equal(plan(folderOf(sampleLines())).gate, undefined);
});

t.test('a journal goes on after whatever a kill left of its last line', async (t) => {
  for (let point = 0; point < 20; point += 1) {
    const folder = folderOf(sampleLines());
    const file = join(folder, 'journal.ndjson');
    const whole = readJournal(folder).lines.map((line) => line.type);
    const first = JSON.stringify({ ...START, facts: undefined }).length;
    truncateSync(file, randomInt(first + 600, 4000));
    const before = readJournal(folder);
    const writer = JournalWriter.resume(folder, 'sim:');
    writer.write({ type: 'retry-start', startedAt: START.startedAt, cases: [] });
    writer.close();
    const after = readJournal(folder);
    t.equal(after.torn, false);
    const types = after.lines.map((line) => line.type);
    t.strictSame(types, [...whole.slice(0, before.lines.length), 'retry-start']);
  }
});

t.test('a target is typed, unless it is a simulator', async (t) => {
  t.equal(plan(folderOf(sampleLines())).target, 'sim:');
  const secret = 'remote:tls:lab:7443?token=s3cretvalue';
  const folder = folderOf(sampleLines(), { target: secret });
  t.equal(plan(folder, secret).target, secret, 'its secrets are not in the report');
  const table: readonly (readonly [string | undefined, string, RegExp])[] = [
    [undefined, folder, /a report of remote:.*what only a report names is never opened/],
    ['remote:tls:other:7443', folder, /a report of remote:.*, not of remote:tls:other/],
    ['sim:?region=1MiB', folderOf(sampleLines()), /a report of sim:, not of sim:\?region/],
    [undefined, folderOf(sampleLines(), { target: './sim:.js' }), /never opened/],
    [undefined, folderOf(sampleLines(), { allocert: '0.0.1' }), /allocert 0\.0\.1 wrote/],
    [undefined, temporaryDirectory(), /holds no report/],
  ];
  for (const [typed, path, message] of table) {
    t.throws(() => plan(path, typed), { blame: 'usage', message });
  }
  writeFileSync(join(folder, 'record.json'), '{}');
  t.equal(plan(join(folder, 'record.json'), secret).directory, folder, 'a record names its folder');
});
