/** Comparing is pure: results in, a matrix out. */
import t from 'tap';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import type { Requirement } from '../../../catalogue/catalogue.ts';
import type { Status } from '../../../reports/record/status.ts';
import {
  columnParagraphs,
  compareTargets,
  comparisonMarkdown,
  comparisonTable,
  differenceText,
} from '../../../suites/assess/compare.ts';
import { markdownTable, textTable } from '../../../suites/assess/table.ts';
import {
  assessTarget,
  combineVerdicts,
  type TargetResult,
  unopenedTarget,
} from '../../../suites/assess/target-result.ts';

const requirement = (id: string, ...profiles: string[]): Requirement => ({
  id,
  group: 'ioctl',
  level: 'MUST',
  authority: 'text',
  source: { document: 'a document', place: 'a place' },
  statement: `what ${id} says`,
  observe: 'how',
  expect: Object.fromEntries(profiles.map((name) => [name, { role: ['ok'] }])),
});
const seen = (id: string, status: Status, ...observed: string[]) => ({
  requirement: id,
  status,
  expected: ['ok'],
  observed,
  reason: 'because',
  cases: [`${id}/case`],
});
const result = (
  target: string,
  profile: string,
  ...requirements: TargetResult['requirements']
): TargetResult => ({
  target,
  implementation: `what ${target} is`,
  abi: 'any',
  instruments: [],
  profile,
  problem: '',
  requirements,
});

const catalogue = [
  requirement('IOC-01', 'hardened', 'dma-heap'),
  requirement('VER-01', 'hardened'),
  requirement('ZZZ-01', 'other'),
  { ...requirement('DEV-01', 'hardened'), unobservable: 'no call shows it' },
];
const simple = result(
  'a:',
  'hardened',
  seen('IOC-01', 'pass', 'ENOTTY'),
  seen('VER-01', 'pass', 'ok'),
);
const heap = result('b:', 'dma-heap', seen('IOC-01', 'warn', 'EINVAL'));

t.test('targets of different ABIs stand side by side', async (t) => {
  const { rows, exitCode } = compareTargets([simple, heap], catalogue);
  t.equal(exitCode, 0, 'a warning is no reason to fail');
  t.strictSame(
    rows.map((row) => row.requirement),
    ['IOC-01', 'VER-01', 'DEV-01'],
    'what applies to none is left out',
  );
  t.match(rows[0], { differs: true, cells: [{ status: 'pass' }, { observed: ['EINVAL'] }] });
  t.match(rows[1], { differs: false, cells: [{ status: 'pass' }, null] });
  t.match(rows[2]?.cells[0], { status: 'skip', reason: 'no call shows it' });
});

t.test('order of words makes no difference, a word more does', async (t) => {
  const twice = (...words: string[]): TargetResult =>
    result('c:', 'hardened', seen('IOC-01', 'pass', ...words));
  t.notOk(compareTargets([twice('ok', 'EIO'), twice('EIO', 'ok')], catalogue).rows[0]?.differs);
  t.ok(compareTargets([twice('ok', 'EIO'), twice('ok')], catalogue).rows[0]?.differs);
  t.notOk(
    compareTargets([twice('ok'), twice()], catalogue).rows[0]?.differs,
    'nothing seen is no word',
  );
});

t.test('a target that cannot be opened, or is lost, is a column and an exit code', async (t) => {
  const absent = compareTargets([simple, unopenedTarget('vm:x', 'there is no QEMU')], catalogue);
  t.equal(absent.exitCode, 3);
  t.match(absent.columns[1], { target: 'vm:x', problem: 'there is no QEMU' });
  const legend = columnParagraphs(absent).map(({ first, text }) => first + text);
  t.ok(legend.includes('    not observed: there is no QEMU'));
  t.match(comparisonTable(absent)[1], /\?$/);
  const lost = compareTargets([{ ...simple, problem: 'the target died' }], catalogue);
  t.equal(lost.exitCode, 3);
  t.ok(columnParagraphs(lost).some(({ text }) => text === 'incomplete: the target died'));
});

t.test('the table and the Markdown show verdict and word', async (t) => {
  const comparison = compareTargets([simple, heap], catalogue);
  t.strictSame(comparisonTable(comparison), [
    '   requirement  [1]          [2]',
    '*  IOC-01       pass ENOTTY  WARN EINVAL',
    '   VER-01       pass ok      –',
    '   DEV-01       skip         –',
  ]);
  t.equal(differenceText(comparison), '3 requirements apply; 1 were observed differently (*).');
  const markdown = comparisonMarkdown(comparison);
  t.match(markdown, '| IOC-01 ≠ | MUST | what IOC-01 says | pass ENOTTY | WARN EINVAL |');
  t.match(markdown, '| VER-01 | MUST | what VER-01 says | pass ok | – |');
});

t.test('tables hold what targets write', async (t) => {
  t.strictSame(markdownTable([['a|b'], ['<i>\n\\|']]), [
    '| a\\|b |',
    '| --- |',
    '| &lt;i> \\\\\\| |',
  ]);
  t.strictSame(
    textTable([
      ['a', 'b'],
      ['long', ''],
    ]),
    ['a     b', 'long'],
  );
});

t.test('the worst case speaks for a requirement', async (t) => {
  const verdict = (name: string, status: Status, observed: string) => ({
    ...seen('IOC-01', status, observed),
    profile: 'hardened',
    case: name,
  });
  const all = [verdict('x', 'pass', 'ok'), verdict('y', 'fail', 'EIO'), verdict('z', 'fail', 'ok')];
  t.match(combineVerdicts(all), { status: 'fail', observed: ['EIO', 'ok'], cases: ['y', 'z'] });
  t.match(combineVerdicts(all.slice(0, 1)), { status: 'pass', observed: ['ok'], cases: ['x'] });
});

t.test('a run becomes a result; a run that cannot start has a problem', async (t) => {
  const heard: string[] = [];
  const ran = await assessTarget(openSimulator('sim:?behaviour=rfc-v2'), {
    listener: { onCaseEnd: (line) => heard.push(line.case) },
  });
  t.match(ran, { profile: 'hardened', abi: 'simple-allocator', instruments: [], problem: '' });
  const ioctl = ran.requirements.find((one) => one.requirement === 'IOC-02');
  t.match(ioctl, { status: 'fail', expected: ['ENOTTY'], observed: ['ENODEV'] });
  t.ok(heard.includes(ioctl?.cases[0] ?? ''));
  const not = await assessTarget(openSimulator('sim:'), { profile: 'dma-heap' });
  t.match(not, { profile: '', problem: /the target speaks simple-allocator/, requirements: [] });
});
