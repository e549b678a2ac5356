/** Runs whose cases are shared by several targets of one URL. */
import t from 'tap';
import { type Adapter, machineError } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { openVm } from '../../../adapters/vm/adapter.ts';
import type { CaseFinish, RunEnd } from '../../../reports/record/journal-lines.ts';
import { runSuites } from '../../../suites/index.ts';

const ONLY = ['VER-01', 'ISO-01', 'LEN-02', 'FLG-05'];

interface Came {
  readonly end: RunEnd;
  readonly cases: readonly CaseFinish[];
  /** Starts and ends of cases, in the order of the journal. */
  readonly course: readonly string[];
}

async function run(
  adapters: readonly [Adapter, ...Adapter[]],
  stopAfter = Number.POSITIVE_INFINITY,
): Promise<Came> {
  const [adapter, ...others] = adapters;
  const cases: CaseFinish[] = [];
  const course: string[] = [];
  const end = await runSuites({
    ...{ adapter, others, only: ONLY, seed: 1n },
    onStart: () => {},
    onCaseStart: (line) => course.push(`start ${line.case}`),
    onCaseEnd: (line) => {
      course.push(`end ${line.case}`);
      cases.push(line);
    },
    onNotice: () => {},
    shouldStop: () => cases.length >= stopAfter,
  });
  return { end, cases, course };
}

/** A simulator that tells how many cases have begun on it. */
function counting(): Adapter & { begun: number } {
  const adapter = {
    url: 'sim:',
    begun: 0,
    open: async () => {
      const session = await openSimulator('sim:').open();
      return {
        facts: session.facts,
        begin: (id: string) => {
          adapter.begun += 1;
          return session.begin(id);
        },
        run: session.run.bind(session),
        close: () => session.close(),
      };
    },
    close: async () => {},
  };
  return adapter;
}

const verdicts = ({ cases }: Came): readonly string[] =>
  cases
    .flatMap(({ case: id, verdicts: all }) =>
      all.map(({ profile, requirement, status }) => [id, profile, requirement, status].join(' ')),
    )
    .sort();

t.test('three targets share the cases, and each case runs once', async (t) => {
  const targets = [counting(), counting(), counting()] as const;
  const alone = await run([openSimulator('sim:')]);
  const shared = await run([...targets]);
  t.ok(shared.end.complete);
  t.same(verdicts(shared), verdicts(alone));
  t.equal(new Set(shared.cases.map((one) => one.case)).size, shared.cases.length);
  const begun = targets.map((one) => one.begun);
  t.notOk(begun.includes(0), `each had some: ${begun}`);
  t.equal(
    begun.reduce((sum, one) => sum + one, 0),
    shared.cases.length,
  );
});

t.test('a journal has the cases of all jobs one after the other', async (t) => {
  const { cases, course } = await run([counting(), counting()]);
  t.same(
    course,
    cases.flatMap((one) => [`start ${one.case}`, `end ${one.case}`]),
  );
});

t.test('a target that says something else of itself ends the run', async (t) => {
  const other = openSimulator('sim:?behaviour=rfc-v2');
  const { cases, end } = await run([counting(), other]);
  t.notOk(end.complete);
  t.match(end.reason, /another target answers than before/);
  t.equal(new Set(cases.map((one) => one.case)).size, cases.length);
});

t.test('a second target that does not start ends the run, and loses nothing', async (t) => {
  const open = () => Promise.reject(machineError('no second guest starts here'));
  const { cases, end } = await run([counting(), { url: 'sim:', open, close: async () => {} }]);
  t.match(end, { complete: false, reason: 'no second guest starts here' });
  t.ok(cases.length > 0, 'the case that ran meanwhile has its verdict');
});

t.test('what stops a run stops all of its jobs', async (t) => {
  const { cases, end } = await run([counting(), counting()], 2);
  t.match(end.reason, /--fail-fast/);
  t.ok(cases.length >= 2 && cases.length <= 3, `${cases.length} cases`);
});

t.test('a guest is a target of its own for each job, as the simulator is', async (t) => {
  t.ok(openVm('vm:debian/cma0').separate);
  t.ok(openSimulator('sim:').separate);
});
