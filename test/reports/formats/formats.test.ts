import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type FinalResults, Parser, type Result } from 'tap-parser';
import { packageRoot } from '../../../base/package-root.ts';
import { formatJunit } from '../../../reports/formats/junit.ts';
import { formatSummary } from '../../../reports/formats/summary.ts';
import { formatTap } from '../../../reports/formats/tap.ts';
import { deriveRecord } from '../../../reports/journal/derive-record.ts';
import type { JournalLine } from '../../../reports/record/journal-lines.ts';
import { pointsOf } from '../../../reports/record/points.ts';
import type { RunRecord } from '../../../reports/record/record.ts';
import type { Status } from '../../../reports/record/status.ts';
import {
  END,
  journalOf,
  ranCase,
  START,
  sampleLines,
  temporaryDirectory,
  verdict,
} from '../sample.ts';

const derive = (lines: readonly JournalLine[]): RunRecord => deriveRecord(journalOf(lines));

const HOSTILE = 'a ]]> b & <c> "d" \u0000\u001b[31m\ud800 # SKIP \\ e\r\nf\n\u2028...\n---';

const hostile = (): RunRecord =>
  derive([
    { ...START, target: HOSTILE, cases: START.cases.map((one) => ({ ...one, title: HOSTILE })) },
    ...ranCase('LIF-01/close', [
      verdict('LIF-01', 'hardened', 'fail', { reason: HOSTILE, observed: [HOSTILE] }),
    ]),
    ...ranCase('ERR-01/null', [verdict('ERR-01', 'hardened', 'skip', { reason: HOSTILE })]),
    END,
  ]);

function hostileRecord(): RunRecord {
  const record = hostile();
  const cases = record.cases.map((one) => ({ ...one, title: HOSTILE }));
  return { ...record, target: HOSTILE, cases };
}

const RECORDS: Readonly<Record<string, RunRecord>> = {
  pass: derive(sampleLines()),
  mixed: derive(
    sampleLines({ text: 'fail', guidance: 'crash', should: 'warn', second: 'inconclusive' }),
  ),
  skipped: derive(sampleLines({ guidance: 'skip', second: 'waived', should: 'info' })),
  killed: derive(sampleLines().slice(0, 4)),
  nothing: derive([START]),
  hostile: hostileRecord(),
};

const countOf = (record: RunRecord, ...statuses: Status[]): number =>
  pointsOf(record).filter(({ status }) => statuses.includes(status)).length;

function parseTap(text: string): { readonly results: FinalResults; readonly points: Result[] } {
  const parser = new Parser({ strict: true });
  const points: Result[] = [];
  parser.on('assert', (result: Result) => points.push(result));
  parser.end(text);
  if (parser.results === null) throw new Error('the parser saw no end');
  return { results: parser.results, points };
}

t.test('TAP agrees with the record in every count', async (t) => {
  for (const [name, record] of Object.entries(RECORDS)) {
    const { results } = parseTap(formatTap(record));
    const bad = countOf(record, 'fail', 'crash', 'hang', 'inconclusive');
    t.equal(results.count, pointsOf(record).length, `${name}: points`);
    t.equal(results.fail, bad, `${name}: not ok`);
    t.equal(results.skip, countOf(record, 'skip', 'waived'), `${name}: skips`);
    t.equal(results.ok, bad === 0 && record.complete, `${name}: verdict`);
    t.equal(results.bailout === false, record.complete, `${name}: bails out when incomplete`);
  }
});

t.test('a failing point says what, by which rule and from where', async (t) => {
  const { points } = parseTap(formatTap(RECORDS.mixed as RunRecord));
  t.match(points[0], {
    ok: false,
    name: 'LIF-01/close LIF-01: close frees',
    diag: {
      status: 'fail',
      expected: ['EFAULT'],
      observed: ['EINVAL'],
      level: 'MUST',
      authority: 'text',
      source: 'a document, the place of LIF-01',
    },
  });
  const { points: strange } = parseTap(formatTap(RECORDS.hostile as RunRecord));
  t.equal(strange[0]?.diag.observed[0], HOSTILE, 'diagnostics come back unchanged');
});

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Opening tags of our own output, in which text never holds a raw `<`. */
function elementsOf(xml: string): readonly Element[] {
  return [...xml.matchAll(/<([a-z-]+)((?: [a-z]+="[^"<]*")*)\/?>/g)].map((match) => ({
    name: match[1] ?? '',
    attributes: Object.fromEntries(
      [...(match[2] ?? '').matchAll(/ ([a-z]+)="([^"]*)"/g)].map((one) => [one[1], one[2]]),
    ),
  }));
}

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  testsuites: ['name', 'tests', 'failures', 'errors', 'time'],
  testsuite: ['name', 'tests', 'failures', 'errors', 'skipped', 'time', 'timestamp'],
  properties: [],
  property: ['name', 'value'],
  testcase: ['classname', 'name', 'time'],
  failure: ['message', 'type'],
  error: ['message', 'type'],
  skipped: ['message', 'type'],
  'system-out': [],
};

t.test('JUnit has the structure and the counts that CI servers expect', async (t) => {
  for (const [name, record] of Object.entries(RECORDS)) {
    const elements = elementsOf(formatJunit(record));
    const named = (tag: string): readonly Element[] => elements.filter((one) => one.name === tag);
    for (const { name: tag, attributes } of elements) {
      const extra = Object.keys(attributes).filter((key) => !ALLOWED[tag]?.includes(key));
      t.strictSame(extra, [], `${name}: attributes of ${tag}`);
      if (attributes.time !== undefined) t.match(attributes.time, /^\d+\.\d{3}$/);
    }
    const ids = named('testcase').map(({ attributes: a }) => `${a.classname} ${a.name}`);
    t.equal(new Set(ids).size, ids.length, `${name}: testcases are unique`);
    const incomplete = record.complete ? 0 : 1;
    const errors = countOf(record, 'crash', 'hang', 'inconclusive') + incomplete;
    t.match(named('testsuites')[0]?.attributes, {
      tests: String(pointsOf(record).length + incomplete),
      failures: String(countOf(record, 'fail')),
      errors: String(errors),
    });
    t.equal(named('failure').length, countOf(record, 'fail'));
    t.equal(named('error').length, errors);
    t.equal(named('skipped').length, countOf(record, 'skip', 'waived'));
  }
});

t.test('JUnit is well-formed whatever a target says', async (t) => {
  const xml = formatJunit(RECORDS.hostile as RunRecord);
  t.notMatch(xml, /\]\]>/);
  t.match(xml, '\\u0000\\u001b[31m\\ud800');
  t.match(xml, '[[PROPERTY|requirement=LIF-01]]');
});

t.test('JUnit fits the schema', async (t) => {
  const lint = spawnSync('xmllint', ['--version']);
  if (lint.error !== undefined) return t.pass('there is no xmllint here', { skip: true });
  const schema = join(packageRoot(), 'test', 'reports', 'formats', 'junit.xsd');
  const file = join(temporaryDirectory(), 'junit.xml');
  const check = (xml: string): string => {
    writeFileSync(file, xml);
    const args = ['--noout', '--schema', schema, file];
    const { status, stderr } = spawnSync('xmllint', args, { encoding: 'utf8' });
    return status === 0 ? '' : stderr;
  };
  for (const [name, record] of Object.entries(RECORDS)) {
    t.equal(check(formatJunit(record)), '', name);
  }
  const good = formatJunit(RECORDS.mixed as RunRecord);
  t.match(check(good.replace(' errors="', ' erors="')), /erors/, 'a wrong attribute is seen');
  t.match(check(good.replace(/time="[^"]*"/, 'time="1,5"')), /time/, 'and a wrong number');
  const [twin = ''] = /<testcase [\s\S]*?<\/testcase>/.exec(good) ?? [];
  t.match(check(good.replace(twin, twin + twin)), /[Uu]nique/, 'and a name that is there twice');
});

t.test('the summary reads as it should', async (t) => {
  for (const [name, record] of Object.entries(RECORDS)) {
    const text = formatSummary(record, { directory: 'allocert-report', coloured: false });
    const golden = join(packageRoot(), 'test', 'golden', `summary-${name}.txt`);
    if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(golden, text);
    t.equal(text, readFileSync(golden, 'utf8'), name);
    t.ok(
      text.split('\n').every((line) => [...line].length <= 100),
      `${name}: 100 columns`,
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    t.notMatch(text, /[\u0000-\u0009\u000b-\u001f]/, `${name}: nothing that moves a cursor`);
  }
  const painted = { directory: 'd', coloured: true };
  t.match(formatSummary(RECORDS.mixed as RunRecord, painted), '\u001b[31mFAIL');
});
