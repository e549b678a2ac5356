/** What a report says of cases is judged again: every such field of a journal is edited in turn. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { AllocertError } from '../../../base/errors.ts';
import { JournalWriter } from '../../../reports/journal/journal.ts';
import type { RunRecord } from '../../../reports/record/record.ts';
import { recordText } from '../../../reports/record/record-text.ts';
import { writeReports } from '../../../reports/write.ts';
import { recheckReport } from '../../../suites/recheck/recheck-report.ts';
import { runSuites } from '../../../suites/run/runner.ts';
import { another, edited, leavesOf, type Path } from '../../reports/leaves.ts';
import { temporaryDirectory } from '../../reports/sample.ts';

type Line = Readonly<Record<string, unknown>>;

/** A report of a target that fails in one case, passes in others, and skips one. */
async function report(): Promise<string> {
  const directory = temporaryDirectory();
  const writer = new JournalWriter(directory);
  const end = await runSuites({
    adapter: openSimulator('sim:?behaviour=rfc-v2'),
    only: ['IOC-02', 'LIF-01/close', 'CMA-07'],
    retries: { max: 1, shouldRetry: ({ case: id }) => id.startsWith('IOC-02') },
    onStart: (line) => writer.write(line),
    onCaseStart: (line) => writer.write(line),
    onCaseEnd: (line) => writer.write(line),
    onNotice: (line) => writer.write(line),
  });
  writer.write(end);
  writer.close();
  writeReports(directory);
  return directory;
}

const WHOLE = await report();

const linesIn = (file: string): readonly Line[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const JOURNAL = linesIn(join(WHOLE, 'journal.ndjson'));

const textOf = (lines: readonly Line[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** A copy of the report with another journal, and without evidence and record. */
function withJournal(lines: readonly Line[]): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'journal.ndjson'), textOf(lines));
  return directory;
}

/** Why a report is refused; empty when it is believed. */
async function refusal(directory: string): Promise<string> {
  try {
    await recheckReport(directory);
    return '';
  } catch (thrown) {
    if (thrown instanceof AllocertError && thrown.exitCode === 3) return thrown.message;
    throw thrown;
  }
}

/** Fields of a journal that say what was given or answered: from nothing in it do they follow. */
const GIVEN: readonly RegExp[] = [
  /^(type|version|allocert|startedAt|endedAt|durationMs|seed|target|environment|fixed)\b/,
  /^(facts|partial|profile$|transcript|message)/,
  // Of more than a hundred requirements, some stand for all.
  /^requirements\.([^0]\d*)\./,
];

const isDerived = (path: Path): boolean => !GIVEN.some((one) => one.test(path.join('.')));

t.test('the report is believed as it is, whole, without evidence, and killed', async (t) => {
  t.equal(await recheckReport(WHOLE), '');
  t.equal(await recheckReport(join(WHOLE, 'record.json')), '');
  t.equal(await recheckReport(withJournal(JOURNAL)), '');
  for (let length = 1; length < JOURNAL.length; length += 1) {
    t.equal(await recheckReport(withJournal(JOURNAL.slice(0, length))), '', `${length} lines`);
  }
  t.equal(await recheckReport('/nowhere'), '', 'its reader says so');
});

t.test('each field of a journal that follows from the answers is named', async (t) => {
  const believed: string[] = [];
  let edits = 0;
  for (const [at, line] of JOURNAL.entries()) {
    for (const path of leavesOf(line).filter(isDerived)) {
      const other = JOURNAL.with(at, edited(line, path, another));
      edits += 1;
      if ((await refusal(withJournal(other))) === '') believed.push(`${at + 1} ${path.join('.')}`);
    }
  }
  t.strictSame(believed, []);
  t.ok(edits > 80, `${edits} fields`);
});

t.test('the sentence names the file, the case, the field, and both values', async (t) => {
  const at = JOURNAL.findIndex(({ case: id, type }) => type === 'case-end' && id !== 'x');
  const line = JOURNAL[at] as Line;
  const status = ['verdicts', 0, 'status'];
  const directory = withJournal(JOURNAL.with(at, edited(line, status, another)));
  const message = await refusal(directory);
  t.match(message, `${directory}/journal.ndjson is contradicted by the answers in its own line`);
  t.match(
    message,
    new RegExp(`cases\\[${line.case}\\]\\.verdicts\\[.*\\]\\.status says "\\w+", and "`),
  );
});

t.test('a line too many, too few or out of place is named', async (t) => {
  const ends = JOURNAL.flatMap(({ type }, at) => (type === 'case-end' ? [at] : []));
  const [first = 0, second = 0] = ends;
  const without = JOURNAL.filter((_, at) => at !== first);
  t.match(await refusal(withJournal(without)), /starts .*, and .* before it never ended/);
  const twice = [...JOURNAL.slice(0, first + 1), JOURNAL[first] as Line];
  t.match(await refusal(withJournal(twice)), /ends .*, which has not started/);
  t.match(await refusal(withJournal([...JOURNAL, JOURNAL[0] as Line])), /starts the run once more/);
  const { transcript } = JOURNAL[second] as Line;
  const moved = JOURNAL.with(first, { ...JOURNAL[first], transcript });
  t.match(await refusal(withJournal(moved)), /contradicted by/);
  const left = withJournal(JOURNAL.slice(0, first - 1));
  cpSync(join(WHOLE, 'evidence.ndjson'), join(left, 'evidence.ndjson'));
  t.match(await refusal(left), /lacks the last \d+ of the runs of cases there/);
});

t.test('evidence and journal of one folder have the same answers', async (t) => {
  const evidence = linesIn(join(WHOLE, 'evidence.ndjson'));
  const withEvidence = (lines: readonly Line[]): string => {
    const directory = withJournal(JOURNAL);
    writeFileSync(join(directory, 'evidence.ndjson'), textOf(lines));
    return directory;
  };
  t.equal(await refusal(withEvidence(evidence)), '');
  t.equal(await refusal(withEvidence(evidence.slice(0, 3))), '', 'a retry that was killed');
  for (const [at, line] of evidence.entries()) {
    const path = leavesOf(line).at(-1) as Path;
    const other = evidence.with(at, edited(line, path, another));
    t.match(await refusal(withEvidence(other)), /evidence\.ndjson: line \d+ has/, `line ${at + 1}`);
  }
});

t.test('a record that was made of an edited journal is contradicted by the evidence', async (t) => {
  const forged = withJournal(
    JOURNAL.map((line) =>
      line.type === 'case-end'
        ? JSON.parse(JSON.stringify(line).replaceAll('"status":"fail"', '"status":"info"'))
        : line,
    ),
  );
  writeReports(forged);
  rmSync(join(forged, 'journal.ndjson'));
  t.match(
    await refusal(join(forged, 'record.json')),
    /record\.json is contradicted by .*evidence\.ndjson: cases\[IOC-02.*says "info", and "fail"/,
  );
  t.match(await refusal(forged), /record\.json is contradicted/, 'a folder without a journal');
  rmSync(join(forged, 'evidence.ndjson'));
  t.equal(await refusal(forged), '', 'nothing that is there contradicts it');
});

t.test('the evidence beside a record is its own', async (t) => {
  const record = JSON.parse(readFileSync(join(WHOLE, 'record.json'), 'utf8')) as RunRecord;
  const directory = temporaryDirectory();
  cpSync(join(WHOLE, 'evidence.ndjson'), join(directory, 'evidence.ndjson'));
  const file = join(directory, 'record.json');
  writeFileSync(file, recordText({ ...record, seed: '0x1' }));
  t.match(await refusal(file), /seed says 0x1, and line 1 there another/);
  const elsewhere = join(directory, 'baseline.json');
  writeFileSync(elsewhere, recordText({ ...record, seed: '0x1' }));
  t.equal(await refusal(elsewhere), '', 'a record of another run may lie there under its own name');
  const [one, ...rest] = record.cases as [RunRecord['cases'][number]];
  const cases = [{ ...one, evidence: 'ab'.repeat(32) }, ...rest];
  writeFileSync(file, recordText({ ...record, cases }));
  t.match(await refusal(file), /contradicted by/);
});

t.test('what another version judged is not judged again, and that is said', async (t) => {
  const [start, ...lines] = JOURNAL;
  const other = withJournal([{ ...start, allocert: '0.0.1' }, ...lines]);
  t.match(
    await recheckReport(other),
    /^allocert 0\.0\.1 judged .*, so its verdicts are not recomputed/,
  );
  const fewer = {
    ...start,
    requirements: (start as { requirements: object[] }).requirements.slice(1),
  };
  const earlier = withJournal([fewer, ...lines]);
  t.match(await recheckReport(earlier), /^an earlier catalogue judged .*, so its verdicts/);
});
