/** Qualifying is pure: each reason to end with 1 is shown, and that without it the end is 0. */
import t from 'tap';
import type { Requirement } from '../../../catalogue/catalogue.ts';
import type { Status } from '../../../reports/record/status.ts';
import {
  killParagraphs,
  qualificationMarkdown,
  qualificationParagraphs,
} from '../../../suites/assess/qualification.ts';
import { type DefectRun, type QualificationRuns, qualify } from '../../../suites/assess/qualify.ts';
import type { TargetResult } from '../../../suites/assess/target-result.ts';

const requirement = (id: string, more: Partial<Requirement> = {}): Requirement => ({
  id,
  group: 'flags',
  level: 'MUST',
  authority: 'text',
  source: { document: 'a document', place: 'a place' },
  statement: `what ${id} says`,
  observe: 'how',
  expect: { hardened: { role: ['ok'] } },
  ...more,
});
const catalogue = [requirement('FLG-01'), requirement('FLG-02')];

const result = (
  target: string,
  statuses: Readonly<Record<string, Status>>,
  problem = '',
): TargetResult => ({
  target,
  implementation: 'made up',
  abi: 'simple-allocator',
  instruments: [],
  profile: 'hardened',
  problem,
  requirements: Object.entries(statuses).map(([id, status]) => ({
    requirement: id,
    status,
    expected: [],
    observed: [],
    reason: 'because',
    cases: [`${id}/case`],
  })),
});
const CLEAN = { 'FLG-01': 'pass', 'FLG-02': 'pass' } as const;
const defect = (
  name: string,
  breaks: string,
  statuses: Readonly<Record<string, Status>>,
): DefectRun => ({
  name,
  summary: `does ${name}`,
  breaks: breaks.split(' '),
  result: result(`sim:?defect=${name}`, { ...CLEAN, ...statuses }),
});

/** Runs that prove everything; each test spoils one thing. */
const good: QualificationRuns = {
  baseline: result('sim:', CLEAN),
  defects: [
    defect('one', 'FLG-01', { 'FLG-01': 'fail' }),
    defect('two', 'FLG-02', { 'FLG-02': 'crash', 'FLG-01': 'fail' }),
  ],
  faithful: [result('sim:?seed=1', CLEAN)],
  isComplete: true,
};
const kindsOf = (runs: QualificationRuns, requirements: readonly Requirement[] = catalogue) => {
  const { shortcomings, exitCode } = qualify(runs, requirements);
  t.equal(exitCode, shortcomings.length === 0 ? 0 : 1);
  return shortcomings.map(({ kind, subject }) => `${kind}: ${subject}`);
};

t.test('suites that see every defect and accuse nobody qualify', async (t) => {
  t.strictSame(kindsOf(good), []);
  const { defects, requirements, faithful } = qualify(good, catalogue);
  t.match(defects[1], { killedBy: ['FLG-02'], alsoSeenBy: ['FLG-01'], notSeenBy: [] });
  t.match(requirements[0], { requirement: 'FLG-01', mustKill: true, kills: ['one', 'two'] });
  t.strictSame(faithful, ['sim:', 'sim:?seed=1']);
});

t.test('a defect that nothing sees survives', async (t) => {
  const silent = defect('three', 'FLG-01', { 'FLG-01': 'inconclusive' });
  t.strictSame(kindsOf({ ...good, defects: [...good.defects, silent] }), ['survived: three']);
});

t.test('a hang, a crash and a warning are seen, information is not', async (t) => {
  for (const status of ['hang', 'crash', 'warn', 'fail'] as const) {
    const seen = defect('three', 'FLG-01', { 'FLG-01': status });
    t.strictSame(kindsOf({ ...good, defects: [...good.defects, seen] }), [], status);
  }
  for (const status of ['info', 'skip'] as const) {
    const unseen = defect('three', 'FLG-01', { 'FLG-01': status });
    const kinds = kindsOf({ ...good, defects: [...good.defects, unseen] });
    t.strictSame(kinds, ['survived: three'], status);
  }
});

t.test('a defect must be seen by a requirement that it names', async (t) => {
  const misnamed = defect('three', 'FLG-01', { 'FLG-02': 'fail' });
  const kinds = kindsOf({ ...good, defects: [...good.defects, misnamed] });
  t.strictSame(kinds, ['killed by others only: three']);
});

t.test('a defect may only name requirements that exist', async (t) => {
  const unknown = defect('three', 'FLG-01 FLG-99', { 'FLG-01': 'fail' });
  const kinds = kindsOf({ ...good, defects: [...good.defects, unknown] });
  t.strictSame(kinds, ['unknown requirement: three']);
});

t.test('a MUST that passes without a defect needs one that turns it red', async (t) => {
  const runs = { ...good, defects: good.defects.slice(0, 1) };
  t.strictSame(kindsOf(runs), ['MUST without a defect: FLG-02']);
  const exempt: readonly Partial<Requirement>[] = [{ reportOnly: true }, { level: 'SHOULD' }];
  for (const more of exempt) {
    const requirements = [requirement('FLG-01'), requirement('FLG-02', more)];
    t.strictSame(kindsOf(runs, requirements), [], JSON.stringify(more));
  }
  for (const status of ['info', 'skip'] as const) {
    const baseline = result('sim:', { ...CLEAN, 'FLG-02': status });
    t.strictSame(kindsOf({ ...runs, baseline }), [], `${status} is not observed`);
  }
  const more = [...catalogue, requirement('FLG-03')];
  t.strictSame(kindsOf(good, more), [], 'what no case looks at is not observed');
});

t.test('nothing may be said against a target without a defect', async (t) => {
  for (const status of ['fail', 'warn', 'crash', 'hang', 'inconclusive'] as const) {
    const accused = result('sim:?seed=2', { ...CLEAN, 'FLG-01': status });
    const kinds = kindsOf({ ...good, faithful: [accused] });
    t.strictSame(kinds, ['false accusation: sim:?seed=2'], status);
  }
  const noisy = result('sim:', { ...CLEAN, 'FLG-01': 'fail' });
  t.strictSame(
    kindsOf({ ...good, baseline: noisy }),
    ['survived: one', 'false accusation: sim:'],
    'what fails without a defect proves nothing with one',
  );
});

t.test('a run that stopped early proves nothing', async (t) => {
  const lost = result('sim:?seed=2', CLEAN, 'the target died');
  t.strictSame(kindsOf({ ...good, faithful: [lost] }), ['incomplete run: sim:?seed=2']);
});

t.test('the matrix is shown to people', async (t) => {
  const silent = defect('three', 'FLG-01', {});
  const result = qualify({ ...good, defects: [...good.defects, silent] }, catalogue);
  const lines = [...killParagraphs(result), ...qualificationParagraphs(result)].map(
    ({ first, text }) => first + text,
  );
  t.ok(lines.includes('killed  two    by FLG-02; also seen by FLG-01'));
  t.ok(lines.includes('ALIVE   three  by none that it names; not seen by FLG-01'));
  t.ok(lines.includes('clean   sim:?seed=1'), 'seeds are printed');
  t.ok(lines.includes('2 of 3 defects killed by a requirement that they name.'));
  t.ok(
    lines.includes('2 of 2 observable MUSTs turned red by a defect; 0 requirements only report.'),
  );
  t.ok(
    lines.includes(
      '2 of 2 runs without a defect accuse nothing, the first one and those of --clean-runs.',
    ),
  );
  t.equal(lines.at(-1), 'Not qualified: 1 shortcomings.');
  const markdown = qualificationMarkdown(result);
  t.match(markdown, '| survived | three |');
  t.match(markdown, '| two | does two | FLG-02 | FLG-01 |  |');
  t.match(markdown, '| FLG-01 | MUST | pass | one two |');
});

t.test('what a target cannot show is no shortcoming of the suites', async (t) => {
  const one = defect('one', 'FLG-01', { 'FLG-01': 'fail' });
  const unseen = defect('unseen', 'FLG-02', { 'FLG-01': 'skip', 'FLG-02': 'skip' });
  const silent = { ...defect('silent', 'FLG-01', {}), instrument: 'kasan' };
  const baseline = result('vm:x', { 'FLG-01': 'pass', 'FLG-02': 'skip' });
  const runs = { baseline, defects: [one, unseen, silent], faithful: [], isComplete: false };
  const told = qualify(runs, catalogue);
  t.strictSame(told.shortcomings, []);
  t.strictSame(
    told.defects.map(({ name }) => name),
    ['one'],
  );
  t.strictSame(told.hidden, [
    { name: 'unseen', reason: 'this target shows nothing of FLG-02 (because)' },
    { name: 'silent', reason: 'only a kernel with kasan shows it' },
  ]);
  t.match(qualificationMarkdown(told), /2 more defects need another target: unseen, silent\./);
  const seen = { ...runs, baseline: { ...baseline, instruments: ['kasan'] } };
  t.match(qualify(seen, catalogue).shortcomings, [{ kind: 'survived', subject: 'silent' }]);
  t.match(
    qualify({ ...runs, isComplete: true }, catalogue).hidden,
    [],
    'a complete list hides nothing',
  );
});
