/**
 * Runs of a qualification on a target that takes defects by name. Goal: each defect is switched on
 * in a run of its own, and right targets run as often as asked.
 */
import t from 'tap';
import { type DefectPlan, runWithDefects, withDefect } from '../../../suites/assess/defect-runs.ts';
import { qualify } from '../../../suites/assess/qualify.ts';
import type { TargetTask } from '../../../suites/assess/target-pool.ts';

const DEFECTS = [
  { name: 'one', summary: 'is one', breaks: ['FLG-01'] },
  { name: 'two', summary: 'is two', breaks: ['FLG-02', 'FLG-03'] },
];

function planned(target: string, onlyBroken: boolean) {
  const tasks: TargetTask[] = [];
  const progress: string[] = [];
  const plan: DefectPlan = {
    ...{ target, profile: 'hardened', defects: DEFECTS, cleanRuns: 2, onlyBroken },
    observe: async (task) => {
      tasks.push(task);
      const broken = task.target.endsWith('defect=one');
      return {
        ...{
          target: task.target,
          implementation: 'made up',
          abi: 'simple-allocator',
          instruments: [],
        },
        ...{ profile: task.profile, problem: '' },
        requirements: [
          {
            ...{ requirement: 'FLG-01', status: broken ? 'fail' : 'inconclusive' },
            ...{ expected: [], observed: [], reason: '', cases: [] },
          },
        ],
      };
    },
    onRun: (done, total) => progress.push(`${done}/${total}`),
  };
  return { plan, tasks, progress };
}

t.test('clean targets run as often as asked, and each defect once', async (t) => {
  const { plan, tasks, progress } = planned('vm:debian/cma0', false);
  const runs = await runWithDefects(plan);
  t.strictSame(tasks.map(({ target }) => target).toSorted(), [
    ...['vm:debian/cma0', 'vm:debian/cma0', 'vm:debian/cma0'],
    ...['vm:debian/cma0?defect=one', 'vm:debian/cma0?defect=two'],
  ]);
  t.ok(tasks.every(({ only }) => only === undefined));
  t.strictSame(progress, ['0/5', '1/5', '2/5', '3/5', '4/5', '5/5']);
  t.equal(runs.faithful.length, 2);
  t.strictSame(
    qualify(runs).shortcomings.map(({ kind, subject }) => [kind, subject]),
    [['survived', 'two']],
    'what a slow machine leaves undecided accuses no target, and no MUST needs a defect',
  );
});

t.test('only the cases of what is broken run where that is wanted', async (t) => {
  const { plan, tasks } = planned('vm:debian/cma0?regions=2', true);
  await runWithDefects(plan);
  const [one, two] = tasks.slice(3);
  t.match(one, { target: 'vm:debian/cma0?regions=2&defect=one', only: ['FLG-01'] });
  t.match(two, { only: ['FLG-02', 'FLG-03'] });
  t.equal(tasks[0]?.only, undefined, 'the runs without a defect are whole');
});

t.test('what a defect needs beside it stands in the URL', (t) => {
  const compat = { name: 'one', summary: 'is one', breaks: ['ABI-02'], needs: 'agent=i386' };
  t.equal(withDefect('vm:debian/cma0', compat), 'vm:debian/cma0?defect=one&agent=i386');
  t.end();
});

t.test('a run that fails ends all of it at once, whatever else is under way', async (t) => {
  const { plan } = planned('vm:debian/cma0', false);
  const observe: DefectPlan['observe'] = ({ target }) =>
    target.endsWith('defect=two') ? Promise.reject(new Error('lost')) : new Promise(() => {});
  await t.rejects(runWithDefects({ ...plan, observe }), { message: 'lost' });
});
