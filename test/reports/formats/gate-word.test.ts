/** One record, one story: every format says of it what the gate says. */
import t from 'tap';
import { Parser } from 'tap-parser';
import { formatSummary } from '../../../reports/formats/summary.ts';
import { finalVerdict } from '../../../reports/formats/verdict.ts';
import { gate } from '../../../reports/gate/gate.ts';
import { pointsOf } from '../../../reports/record/points.ts';
import type { RunRecord } from '../../../reports/record/record.ts';
import { isDeciding, standingsIn } from '../../../reports/record/standing.ts';
import { REPORTERS } from '../../../reports/reporters.ts';
import { baselineOf, recordWith, settings, WAIVER } from '../gate/sample.ts';
import type { SampleStatuses } from '../sample.ts';

const failing: SampleStatuses = { guidance: 'fail', second: 'crash' };

/** Gated records, and the exit code of each. */
const RECORDS: Readonly<Record<string, readonly [RunRecord, exitCode: number]>> = {
  'nothing wrong': [gate(recordWith(), settings()), 0],
  'a new failure': [gate(recordWith({ text: 'fail' }), settings()), 1],
  'only known failures': [
    gate(recordWith(failing), settings({ baseline: baselineOf(recordWith(failing)) })),
    0,
  ],
  'only a waived failure': [gate(recordWith({ text: 'fail' }), settings({ waivers: [WAIVER] })), 0],
  'new, known and waived': [
    gate(
      recordWith({ text: 'fail', ...failing, should: 'fail' }),
      settings({ waivers: [WAIVER], baseline: baselineOf(recordWith({ guidance: 'fail' })) }),
    ),
    1,
  ],
  undecided: [gate(recordWith({ text: 'inconclusive' }), settings()), 3],
  'undecided as before': [
    gate(
      recordWith({ text: 'inconclusive' }),
      settings({ baseline: baselineOf(recordWith({ text: 'inconclusive' })) }),
    ),
    0,
  ],
  'a SHOULD that is undecided': [gate(recordWith({ should: 'inconclusive' }), settings()), 0],
  'a SHOULD that gates': [gate(recordWith({ should: 'warn' }), settings({ failOn: 'should' })), 1],
  'flaky, and that gates': [
    gate(recordWith({ text: 'flaky' }), settings({ failOnFlaky: true })),
    4,
  ],
  'flaky, and that does not gate': [gate(recordWith({ text: 'flaky' }), settings()), 0],
  'no MUST that passed': [
    gate(recordWith({ text: 'skip', guidance: 'skip', second: 'skip' }), settings()),
    3,
  ],
  'no gate, a failure': [recordWith({ text: 'fail' }), 1],
  'no gate, nothing wrong': [recordWith(), 0],
  'no gate, nothing observed': [recordWith({ text: 'skip', guidance: 'skip', second: 'skip' }), 3],
};

const textOf = (format: string, record: RunRecord): string =>
  format === 'summary'
    ? formatSummary(record, { coloured: false })
    : [...(REPORTERS[format]?.(record, []) ?? '')].join('');

const sumOf = (xml: string, name: string): number =>
  [...xml.matchAll(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`, 'g'))].reduce(
    (sum, match) => sum + Number(match[1]),
    0,
  );

/** Whether the readers of a format take the record for one that passes. */
const PASSES: Readonly<Record<string, (text: string) => boolean>> = {
  tap: (text) => {
    const parser = new Parser({ strict: true });
    parser.end(text);
    return parser.results?.ok === true;
  },
  json: (text) => JSON.parse(text).exitCode === 0,
  junit: (text) => sumOf(text, 'failures') + sumOf(text, 'errors') === 0,
  ctrf: (text) => JSON.parse(text).results.summary.failed === 0,
  markdown: (text) => !/^\| (fail|crash|hang) \|.*\| .*\|.*\|.*\|$/m.test(text),
  github: (text) => !/^::error /m.test(text),
  kcidb: (text) => JSON.parse(text).tests[0].misc.allocert.exitCode === 0,
  html: (text) => /<h1 class="good"[^>]*>✓/.test(text),
  summary: (text) => !/^(FAIL|CRASH|HANG) /m.test(text),
};

/** Formats whose word is the count of rows that decide, which an exit code of 3 or 4 has, too. */
const COUNTING = ['tap', 'json', 'junit', 'ctrf', 'github', 'kcidb', 'html'];

/** Text without markup and line breaks, so that a sentence can be found in it. */
const plain = (text: string): string =>
  text
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replace(/%0A/g, ' ')
    .replace(/\\"/g, '"')
    .replace(/\s+/g, ' ');

t.test('the gate’s word is the same in every format', async (t) => {
  t.strictSame(Object.keys(PASSES).toSorted(), [...Object.keys(REPORTERS), 'summary'].toSorted());
  for (const [name, [record, exitCode]] of Object.entries(RECORDS)) {
    t.equal(record.exitCode, exitCode, `${name}: exit code`);
    for (const [format, passes] of Object.entries(PASSES)) {
      const counts = COUNTING.includes(format) || exitCode < 2;
      // A SHOULD that gates keeps its own word in texts for people.
      const worded = name === 'a SHOULD that gates' && !COUNTING.includes(format);
      if (!counts || worded) continue;
      t.equal(passes(textOf(format, record)), exitCode === 0, `${name} as ${format}`);
    }
  }
});

t.test('every format has the verdict’s sentence, and no other', async (t) => {
  for (const [name, [record]] of Object.entries(RECORDS)) {
    const { text } = finalVerdict(record);
    for (const format of Object.keys(PASSES)) {
      // A record is what sentences are made of; annotations of a run without a gate have none.
      if (format === 'json' || (format === 'github' && record.gate === undefined)) continue;
      t.ok(plain(textOf(format, record)).includes(plain(text)), `${name} as ${format}: ${text}`);
    }
  }
});

t.test('known, waived and new are told apart in every format', async (t) => {
  const [record] = RECORDS['new, known and waived'] as readonly [RunRecord, number];
  const standingOf = standingsIn(record);
  const standings = pointsOf(record).map((point) => [point.requirement.id, standingOf(point)]);
  t.strictSame(standings, [
    ['LIF-01', 'waived'],
    ['ERR-01', 'known'],
    ['ERR-02', 'fails'],
    ['ERR-01', 'fails'],
  ]);
  const tap = textOf('tap', record);
  t.match(tap, /^ok 1 .*# SKIP waived:/m);
  t.match(tap, /^not ok 2 .*# todo known, the baseline has it too/m);
  t.match(tap, /^not ok 3 [^#]*$/m);
  const junit = textOf('junit', record);
  t.match(junit, /<skipped message="[^"]*known, the baseline [^"]*has it too[^"]*" type="known"/);
  t.match(junit, /<skipped message="[^"]*waived until[^"]*" type="waived"/);
  for (const word of ['waived', 'known', 'fails']) {
    t.match(junit, `[[PROPERTY|standing=${word}]]`);
    t.match(textOf('html', record), `<li data-standing="${word}">`);
    t.match(textOf('ctrf', record), `"standing":"${word}"`);
    t.match(textOf('kcidb', record), `"standing": "${word}"`);
  }
  const github = textOf('github', record);
  t.match(github, /^::notice title=known fail/m);
  t.match(github, /^::notice title=waived/m);
  t.equal(github.match(/^::error /gm)?.length, 2);
  t.match(textOf('markdown', record), /^\| known fail \|/m);
  t.match(textOf('markdown', record), /^\| verdict \| rows \| known in the baseline \|$/m);
  t.match(textOf('summary', record), /^KNOWN ERR-01[\s\S]*^WAIVED LIF-01/m);
});

t.test('a page does not accuse what the gate lets pass', async (t) => {
  const [record] = RECORDS['only known failures'] as readonly [RunRecord, number];
  const page = textOf('html', record);
  t.match(page, /✓ Passes the gate for profile hardened, in spite of failures: 2 rows that/);
  const [row = ''] = /<tr><th scope="row">hardened.*?<\/tr>/s.exec(page) ?? [];
  t.match(row, /holds but for what is known/);
  t.notMatch(row, /✗/);
});

t.test('a safety rule that is excused is named, whatever excuses it', async (t) => {
  const safety = (record: RunRecord): RunRecord => ({
    ...record,
    requirements: record.requirements.map((one) => ({ ...one, authority: 'safety' as const })),
  });
  const excused = [
    [recordWith({ text: 'warn' }), 'LIF-01 (known deviation)'],
    [RECORDS['only known failures']?.[0], 'ERR-01 (in the baseline)'],
    [RECORDS['only a waived failure']?.[0], 'LIF-01 (waived)'],
  ] as const;
  for (const [given, sentence] of excused) {
    const record = safety(given as RunRecord);
    t.equal(record.exitCode, 0, sentence);
    for (const format of Object.keys(PASSES).filter((one) => one !== 'json')) {
      t.ok(plain(textOf(format, record)).includes(sentence), `${sentence} as ${format}`);
    }
  }
});

t.test('rows decide exactly where the exit code is not 0, or one more row says why', async (t) => {
  for (const [name, [record, exitCode]] of Object.entries(RECORDS)) {
    const deciding = pointsOf(record).filter((point) => isDeciding(standingsIn(record)(point)));
    if (exitCode === 0) t.strictSame(deciding, [], name);
    else if (deciding.length === 0) t.match(textOf('tap', record), 'the record decides', name);
  }
});
