/**
 * Runs of a qualification: which targets the suites see, and how the two runs without a defect
 * become the baseline. Goal: no defect and no shape of a faithful allocator is left out.
 */
import t from 'tap';
import type { Status } from '../../../reports/record/status.ts';
import {
  CLEAN_RUNS,
  type QualificationPlan,
  qualificationRuns,
} from '../../../suites/assess/qualification-runs.ts';
import type { TargetResult } from '../../../suites/assess/target-result.ts';

const DEFECTS = [
  { name: 'one', summary: 'is one', breaks: ['FLG-01'] },
  { name: 'narrow', summary: 'is narrow', breaks: ['ABI-01'], needs: 'caller=32' },
];

function resultOf(target: string, statuses: Readonly<Record<string, Status>>): TargetResult {
  return {
    ...{
      target,
      implementation: 'made up',
      abi: 'simple-allocator',
      instruments: [],
      profile: 'hardened',
    },
    problem: '',
    requirements: Object.entries(statuses).map(([requirement, status]) => ({
      ...{ requirement, status, expected: [], observed: [], reason: target, cases: [] },
    })),
  };
}

/** A plan whose targets all pass, unless `statuses` says otherwise, and what it was asked. */
function planned(
  cleanRuns: number,
  statuses: (target: string) => Readonly<Record<string, Status>> = () => ({ 'FLG-01': 'pass' }),
  onlyBroken = false,
) {
  const targets: string[] = [];
  const chosen: (readonly string[] | undefined)[] = [];
  const profiles = new Set<string>();
  const progress: string[] = [];
  const plan: QualificationPlan = {
    defects: DEFECTS,
    cleanRuns,
    onlyBroken,
    observe: async ({ target, profile, only }) => {
      targets.push(target);
      chosen.push(only);
      profiles.add(profile);
      return resultOf(target, statuses(target));
    },
    onRun: (done, total) => progress.push(`${done}/${total}`),
  };
  return { plan, targets, chosen, profiles, progress };
}

t.test('every defect runs, with what it needs, beside two runs without one', async (t) => {
  const { plan, targets, profiles, progress } = planned(0);
  const { defects, faithful } = await qualificationRuns(plan);
  t.strictSame(targets.toSorted(), [
    ...['sim:', 'sim:?caller=32', 'sim:?defect=narrow&caller=32', 'sim:?defect=one'],
  ]);
  t.strictSame(
    defects.map(({ name, result }) => [name, result.target]),
    [
      ['one', 'sim:?defect=one'],
      ['narrow', 'sim:?defect=narrow&caller=32'],
    ],
  );
  t.strictSame(faithful, []);
  t.strictSame([...profiles], ['hardened']);
  t.strictSame(progress, ['0/4', '1/4', '2/4', '3/4', '4/4']);
});

t.test('clean runs take every shape in turn, each with a seed of its own', async (t) => {
  const { plan } = planned(CLEAN_RUNS + 1);
  const targets = (await qualificationRuns(plan)).faithful.map(({ target }) => target);
  const seeds = targets.map((target) => /^sim:\?seed=(0x[0-9a-f]{16})/.exec(target)?.[1]);
  t.equal(new Set(seeds).size, CLEAN_RUNS + 1);
  t.notOk(seeds.includes(undefined), targets.join(' '));
  const shapes = targets.map((target) => target.replace(/seed=0x[0-9a-f]+/, ''));
  t.equal(new Set(shapes).size, CLEAN_RUNS);
  t.equal(shapes.at(-1), shapes[0], 'then they begin again');
});

t.test('a 32-bit run fills in what the native one could not observe, nothing else', async (t) => {
  const native = { 'FLG-01': 'skip', 'FLG-02': 'pass', 'FLG-03': 'skip' } as const;
  const compat = { 'FLG-01': 'pass', 'FLG-02': 'fail' } as const;
  const { plan } = planned(0, (target) => (target === 'sim:?caller=32' ? compat : native));
  const { baseline } = await qualificationRuns(plan);
  t.equal(baseline.target, 'sim:');
  t.strictSame(
    baseline.requirements.map(({ requirement, status, reason }) => [requirement, status, reason]),
    [
      ['FLG-01', 'pass', 'sim:?caller=32'],
      ['FLG-02', 'pass', 'sim:'],
      ['FLG-03', 'skip', 'sim:'],
    ],
  );
});

t.test('only the cases of what a defect breaks run, if that is wanted', async (t) => {
  const { plan, targets, chosen } = planned(1, undefined, true);
  await qualificationRuns(plan);
  const asked = new Map(targets.map((target, at) => [target, chosen[at]]));
  for (const [target, only] of asked) {
    const defect = DEFECTS.find(({ name }) => target.includes(`defect=${name}`));
    t.strictSame(only, defect?.breaks, target);
  }
});
