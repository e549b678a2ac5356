/** Several runs of a case: one verdict, flaky where they differ, and no excuse for danger. */
import t from 'tap';
import { deriveRecord } from '../../../reports/journal/derive-record.ts';
import type { JournalLine } from '../../../reports/record/journal-lines.ts';
import type { RecordedCase } from '../../../reports/record/record.ts';
import type { Status } from '../../../reports/record/status.ts';
import { REPORTERS } from '../../../reports/reporters.ts';
import { END, journalOf, ranCase, START, verdict } from '../sample.ts';

const lines = (statuses: readonly Status[], more: object = {}): readonly JournalLine[] => [
  START,
  ...statuses.flatMap((status) =>
    ranCase('LIF-01/close', [verdict('LIF-01', 'hardened', status, more)]),
  ),
  ...ranCase('ERR-01/null', [verdict('ERR-01', 'hardened', 'pass')]),
  ...ranCase('ERR-01/kernel', [verdict('ERR-01', 'hardened', 'pass')]),
  END,
];

const settled = (statuses: readonly Status[], more: object = {}): RecordedCase | undefined =>
  deriveRecord(journalOf(lines(statuses, more))).cases[0];

t.test('what runs of a case come to', async (t) => {
  const table: readonly (readonly [readonly Status[], Status])[] = [
    [['pass'], 'pass'],
    [['fail', 'pass'], 'flaky'],
    [['fail', 'fail', 'pass'], 'flaky'],
    [['pass', 'fail'], 'flaky'],
    [['warn', 'pass'], 'flaky'],
    [['fail', 'fail'], 'fail'],
    [['fail', 'inconclusive'], 'fail'],
    [['fail', 'skip'], 'fail'],
    [['inconclusive', 'pass'], 'pass'],
    [['inconclusive', 'fail'], 'fail'],
    [['inconclusive', 'inconclusive'], 'inconclusive'],
    [['crash', 'pass'], 'crash'],
    [['hang', 'pass', 'pass'], 'hang'],
  ];
  for (const [statuses, status] of table) {
    const one = settled(statuses);
    t.equal(one?.verdicts[0]?.status, status, statuses.join(', '));
    t.equal(one?.attempts?.length, statuses.length === 1 ? undefined : statuses.length);
  }
});

t.test('danger that was seen once is not excused by luck', async (t) => {
  t.equal(
    settled(['fail', 'pass'], { observed: ['ok', 'kernel alarm'] })?.verdicts[0]?.status,
    'fail',
  );
  const start = {
    ...START,
    requirements: START.requirements.map((one) => ({ ...one, authority: 'safety' as const })),
  };
  const journal = { ...journalOf([start, ...lines(['fail', 'pass']).slice(1)]), start };
  const record = deriveRecord(journal);
  t.equal(record.exitCode, 1);
  t.match(record.cases[0]?.verdicts[0], { status: 'fail', reason: /\(failed in 1 of 2 runs\)/ });
});

t.test('every format shows flakiness as an outcome of its own', async (t) => {
  const record = deriveRecord(journalOf(lines(['fail', 'pass'])));
  t.equal(record.exitCode, 0);
  const texts: readonly (readonly [string, RegExp])[] = [
    ['tap', /^ok 1 - .*\n {2}---\n {2}status: "flaky"\n[\s\S]*?runs: 2\n/m],
    ['junit', /status=flaky\]\][\s\S]*\[\[PROPERTY\|runs=2\]\]/],
    ['ctrf', /"rawStatus": ?"flaky",\s*"flaky": ?true,\s*"retries": ?1,/],
    ['markdown', /\| flaky \| MUST \| LIF-01 \|/],
    ['github', /::warning title=flaky%3A MUST LIF-01/],
    ['json', /"attempts": ?\[/],
  ];
  for (const [format, shape] of texts)
    t.match([...(REPORTERS[format]?.(record, []) ?? [])].join(''), shape, format);
});
