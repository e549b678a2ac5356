import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'ctrf';
import t from 'tap';
import { formatGithub } from '../../reports/formats/github.ts';
import { formatMarkdown } from '../../reports/formats/markdown.ts';
import { deriveRecord } from '../../reports/journal/derive-record.ts';
import { mergeRecords } from '../../reports/merge/merge.ts';
import { pointsOf } from '../../reports/record/points.ts';
import type { RecordedCampaign, RunRecord } from '../../reports/record/record.ts';
import type { Status } from '../../reports/record/status.ts';
import { parseReporters, REPORTERS, writeReporters } from '../../reports/reporters.ts';
import { PARSERS } from './formats/parse-back.ts';
import { journalOf, ranCase, START, sampleLines, temporaryDirectory, verdict } from './sample.ts';

const RECORDS: Readonly<Record<string, RunRecord>> = {
  pass: deriveRecord(journalOf(sampleLines())),
  mixed: deriveRecord(
    journalOf(
      sampleLines({ text: 'fail', guidance: 'crash', should: 'warn', second: 'inconclusive' }),
    ),
  ),
  waived: deriveRecord(journalOf(sampleLines({ text: 'waived', second: 'skip' }))),
  killed: deriveRecord(journalOf(sampleLines().slice(0, 4))),
};

const countOf = (record: RunRecord, ...statuses: Status[]): number =>
  pointsOf(record).filter(({ status }) => statuses.includes(status)).length;

const textOf = (format: string, record: RunRecord): string =>
  [...(REPORTERS[format]?.(record, []) ?? '')].join('');

/** A campaign on the sample's target that saw two promises broken. */
const CAMPAIGN: RecordedCampaign = {
  ...{ allocert: '0.1.0', target: 'sim:', seed: '7', profile: '', modes: ['hammer'] },
  ...{ rounds: 10, operations: 500, suspects: 0, digest: 'a'.repeat(64) },
  findings: ['LIF-01', 'ERR-01'].map((requirement, index) => ({
    ...{ requirement, signature: `${requirement} overlap`, oracle: 'exclusion', kind: 'overlap' },
    ...{ detail: 'two buffers share a page', mode: 'hammer', digest: 'b'.repeat(64) },
    ...{ file: `finding-${index}.json`, reproduced: { times: 9, of: 10 } },
  })),
};

t.test('what a campaign found is a failed point in every format', async (t) => {
  const run = RECORDS.pass as RunRecord;
  const input = { path: 'run', folder: 'run', record: run };
  const record = mergeRecords([input], [{ path: 'fuzz', campaign: CAMPAIGN }]);
  t.equal(record.exitCode, 1);
  t.match(record.summaries[0], { holds: false, counts: { fail: 2 } });
  t.match(record.summaries[1], { counts: { fail: 1 } }, 'guidance does not bind in rfc');
  const expected = { tests: pointsOf(run).length + 2, bad: 2, skipped: 0 };
  for (const [format, parse] of Object.entries(PARSERS)) {
    t.strictSame(parse(textOf(format, record), 0), expected, format);
  }
  t.match(textOf('github', record), 'fuzz/finding-0');
});

t.test('all formats count the same', async (t) => {
  for (const [name, record] of Object.entries(RECORDS)) {
    const expected = {
      tests: pointsOf(record).length,
      bad: countOf(record, 'fail', 'crash', 'hang', 'inconclusive'),
      skipped: countOf(record, 'skip', 'waived'),
    };
    for (const [format, parse] of Object.entries(PARSERS)) {
      const text = textOf(format, record);
      t.strictSame(parse(text, record.complete ? 0 : 1), expected, `${name} as ${format}`);
    }
  }
});

t.test('CTRF fits the schema that its authors publish', async (t) => {
  for (const [name, record] of Object.entries(RECORDS)) {
    const report = JSON.parse(textOf('ctrf', record));
    t.strictSame(validate(report), { valid: true, errors: [] }, name);
    delete report.results.tests[0].status;
    t.equal(validate(report).valid, false, 'a test without a status does not');
  }
});

t.test('CTRF keeps to the members that its specification names', async (t) => {
  for (const [name, record] of Object.entries(RECORDS)) {
    const { reportFormat, specVersion, results } = JSON.parse(textOf('ctrf', record));
    t.equal(reportFormat, 'CTRF');
    t.match(specVersion, /^\d+\.\d+\.\d+$/);
    t.strictSame(Object.keys(results), ['tool', 'summary', 'tests', 'environment']);
    const { summary } = results;
    const numbers = ['tests', 'passed', 'failed', 'pending', 'skipped', 'other', 'start', 'stop'];
    t.strictSame(Object.keys(summary), numbers);
    t.ok(Object.values(summary).every(Number.isInteger), `${name}: whole numbers`);
    t.ok(summary.start <= summary.stop, 'ends after it starts');
    const known = ['name', 'status', 'duration', 'message', 'rawStatus', 'tags', 'extra'];
    for (const test of results.tests) {
      t.match(test, { name: /./, status: /^(passed|failed|skipped)$/, duration: Number });
      t.strictSame(
        Object.keys(test).filter((key) => !known.includes(key)),
        [],
      );
    }
  }
});

const flood = (count: number): RunRecord => {
  const cases = Array.from({ length: count }, (_, index) => ({
    id: `LIF-01/case-${index}`,
    title: 'one of many',
    requirements: ['LIF-01'],
  }));
  const reason = `| <script>alert(1)</script> @everyone\n::error::x %0A ${'x'.repeat(900)}`;
  const lines = cases.flatMap(({ id }) =>
    ranCase(id, [verdict('LIF-01', 'hardened', 'fail', { reason })]),
  );
  const start = { ...START, cases };
  return deriveRecord({ start, lines: [start, ...lines], torn: false });
};

t.test('a job summary stays under 1 MiB and runs nothing', async (t) => {
  const text = formatMarkdown(flood(3000));
  t.ok(Buffer.byteLength(text) < 1024 * 1024, 'small enough');
  t.ok(Buffer.byteLength(text) > 512 * 1024, 'the room is used');
  const rows = text.split('\n').filter((line) => line.startsWith('| fail | MUST')).length;
  t.match(text, `${3000 - rows} more do not fit here.`);
  t.notMatch(text, /<script|@everyone/);
});

t.test('no format says that a profile holds of which too little was seen', async (t) => {
  const pass = RECORDS.pass as RunRecord;
  const shard = { index: 1, count: 2, cases: [] };
  const table: readonly (readonly [RunRecord, said: RegExp, standing: RegExp])[] = [
    [pass, /Conformant to profile hardened/, /✓ holds/],
    [{ ...pass, partial: true }, /Nothing is broken in what was chosen/, /not broken by what was/],
    [{ ...pass, shard }, /Nothing is broken in shard 1 of 2/, /not broken by what was chosen/],
    [
      RECORDS.waived as RunRecord,
      /in spite of failures: 1 row waived/,
      /holds but for what is waived/,
    ],
    [RECORDS.mixed as RunRecord, /Not conformant to profile hardened/, /✗ does not hold/],
    [RECORDS.killed as RunRecord, /No verdict on profile hardened/, /undecided/],
  ];
  for (const [record, said, standing] of table) {
    const summary = textOf('markdown', record);
    t.match(summary, said);
    t.notMatch(summary, / holds on /);
    const [row] = /<tr><th scope="row">hardened.*?<\/tr>/s.exec(textOf('html', record)) ?? [];
    t.match(row, standing);
    t.equal(/✓/.test(row ?? ''), record === pass, 'only a whole run gets the tick');
  }
});

t.test('annotations are commands of one line, no more than are shown', async (t) => {
  const lines = formatGithub(flood(11)).trimEnd().split('\n');
  t.equal(lines.length, 10);
  t.ok(lines.every((line) => line.startsWith('::error title=')));
  t.match(lines[0], 'incomplete', 'a run without an end says so first');
  t.match(lines[9], 'title=3 more', 'twelve, of which nine are shown');
  t.match(lines[1], '%250A', 'percent signs are escaped');
  t.equal(formatGithub(RECORDS.pass as RunRecord), '', 'nothing to say');
});

t.test('--reporter writes files, and says what is wrong with it', async (t) => {
  const directory = temporaryDirectory();
  const path = join(directory, 'new', 'ctrf.json');
  writeReporters(RECORDS.pass as RunRecord, [], parseReporters([`ctrf=${path}`]));
  t.equal(JSON.parse(readFileSync(path, 'utf8')).reportFormat, 'CTRF');
  t.notOk(existsSync(`${path}.tmp`), 'nothing is left behind');
  mkdirSync(join(directory, 'folder'));
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['xml=a'], /no reporter "xml"; choose one of tap, json/],
    [['constructor=a'], /no reporter/],
    [['tap'], /tap has no path/],
    [['tap='], /tap has no path/],
    [[`tap=${join(directory, 'folder')}`], /is not a file/],
    [[`tap=${path}`, `junit=${path}`], /two reporters write to/],
    [[`tap=${join(path, 'below')}`], /cannot write/],
  ];
  for (const [given, message] of wrong) {
    t.throws(() => parseReporters(given), { blame: 'usage', message });
  }
});
