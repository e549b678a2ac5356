/** What the runner makes of a connection that breaks: nothing lost or twice, nobody accused. */
import t from 'tap';
import {
  type Adapter,
  ConnectionLost,
  machineError,
  type Session,
} from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import type { CaseFinish, RunEnd } from '../../../reports/record/journal-lines.ts';
import { runSuites } from '../../../suites/index.ts';

const ONLY = ['LIF-01/close', 'VER-01', 'ISO-01', 'LEN-02'];

interface Came {
  readonly end: RunEnd;
  readonly cases: readonly CaseFinish[];
  readonly notices: readonly string[];
}

async function run(adapter: Adapter): Promise<Came> {
  const cases: CaseFinish[] = [];
  const notices: string[] = [];
  const end = await runSuites({
    adapter,
    only: ONLY,
    onStart: () => {},
    onCaseStart: () => {},
    onCaseEnd: (line) => cases.push(line),
    onNotice: ({ message }) => notices.push(message),
  });
  return { end, cases, notices };
}

/** A simulator whose connection breaks at the Programs given, counted over all sessions. */
function breakingAt(breaks: readonly number[], reopened = 'sim:'): Adapter {
  let programs = 0;
  let opened = 0;
  return {
    url: 'test:',
    open: async () => {
      opened += 1;
      const session: Session = await openSimulator(opened === 1 ? 'sim:' : reopened).open();
      return {
        facts: session.facts,
        begin: (id) => session.begin(id),
        run: async (program) => {
          programs += 1;
          const history = await session.run(program);
          if (breaks.includes(programs)) throw new ConnectionLost('the line is cut');
          return history;
        },
        close: () => session.close(),
      };
    },
    close: async () => {},
  };
}

const steady = ({ cases }: Came): object[] =>
  cases.map(({ durationMs: _, transcript, ...rest }) => ({
    ...rest,
    asked: transcript.entries.map(({ digest }) => digest),
  }));

t.test('a case whose connection broke is repeated and counts once', async (t) => {
  const whole = await run(openSimulator('sim:'));
  t.ok(whole.cases.length >= 4);
  const asked = whole.cases.flatMap(({ transcript }) => transcript.entries).length;
  for (let point = 1; point <= asked; point += 1) {
    const came = await run(breakingAt([point]));
    t.strictSame(steady(came), steady(whole), `broken at Program ${point}`);
    t.match(came.notices, [/is repeated because the connection was lost: the line is cut/]);
    t.equal(came.end.complete, true);
  }
});

t.test('a case whose connection breaks twice is inconclusive, and the run goes on', async (t) => {
  const whole = await run(openSimulator('sim:'));
  const came = await run(breakingAt([1, 2]));
  const [first, ...rest] = came.cases;
  t.match(first, { end: 'inconclusive', reason: /connection to the target was lost: the line/ });
  t.ok(first?.verdicts.every(({ status }) => status === 'inconclusive'));
  t.equal(first?.verdicts.length, whole.cases[0]?.verdicts.length, 'no verdict is lost');
  t.strictSame(
    rest.map(({ verdicts }) => verdicts),
    whole.cases.slice(1).map(({ verdicts }) => verdicts),
  );
  t.equal(came.end.complete, true);
});

t.test('a target that cannot be reached again ends the run with its case marked', async (t) => {
  const adapter = breakingAt([1]);
  let opened = 0;
  const came = await run({
    ...adapter,
    open: () => {
      opened += 1;
      return opened === 1 ? adapter.open() : Promise.reject(machineError('no route'));
    },
  });
  t.match(came.cases, [{ end: 'inconclusive', reason: /was lost: no route/ }]);
  t.match(came.end, { complete: false, reason: 'no route' });
});

t.test('another target in the place of the first gives no verdicts', async (t) => {
  const came = await run(breakingAt([1], 'sim:?defect=no-zeroing'));
  t.match(came.cases, [{ end: 'inconclusive' }]);
  t.match(came.end, { complete: false, reason: /another target answers than before/ });
});

t.test('a connection that keeps breaking ends the run', async (t) => {
  const came = await run(breakingAt(Array.from({ length: 10_000 }, (_, index) => index + 1)));
  t.ok(came.cases.every(({ end }) => end === 'inconclusive'));
  t.equal(came.cases.length, new Set(came.cases.map((one) => one.case)).size);
});
