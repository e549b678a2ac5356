/** The runner and targets that are slow, seem to hang, complain, or were ended by others. */
import t from 'tap';
import {
  type Adapter,
  type History,
  type Program,
  type Session,
  TargetDeath,
} from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import type { CaseFinish, RunEnd } from '../../../reports/record/journal-lines.ts';
import { runSuites } from '../../../suites/index.ts';

const ONLY = ['VER-01', 'ISO-01', 'LEN-02'];

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

type Disturbance = (history: History, program: Program) => History;

/** A simulator whose Programs of those numbers, counted over all sessions, come back otherwise. */
function disturbed(at: readonly number[], disturb: Disturbance): Adapter & { opened: number } {
  let programs = 0;
  const adapter = {
    url: 'test:',
    opened: 0,
    open: async () => {
      adapter.opened += 1;
      const session: Session = await openSimulator('sim:').open();
      return {
        facts: session.facts,
        begin: (id: string) => session.begin(id),
        run: async (program: Program) => {
          programs += 1;
          const history = await session.run(program);
          return at.includes(programs) ? disturb(history, program) : history;
        },
        close: () => session.close(),
      };
    },
    close: async () => {},
  };
  return adapter;
}

const threadsWith = (history: History, outcome: 'lost' | 'not-run'): History['threads'] =>
  history.threads.map((results) => results.map((result) => ({ ...result, outcome })));

const hung: Disturbance = (history) => ({
  ...history,
  threads: threadsWith(history, 'lost'),
  deadlineHit: true,
});

const verdictsOf = ({ cases }: Came): object[] => cases.map(({ verdicts }) => verdicts);

t.test('what hangs once is repeated and accuses nobody', async (t) => {
  const whole = await run(openSimulator('sim:'));
  const came = await run(disturbed([2], hung));
  t.strictSame(verdictsOf(came), verdictsOf(whole));
  t.match(came.notices, [/is repeated because it seems to hang: a system call did not come back/]);
  t.equal(came.end.complete, true);
});

t.test('what hangs twice hangs', async (t) => {
  const always = [2, 4];
  const came = await run(disturbed(always, hung));
  t.match(came.cases[0], { end: 'hang', reason: /did not come back before the deadline/ });
});

t.test('what hangs while the kernel complains needs no second proof', async (t) => {
  const log = ['BUG: KASAN: use-after-free in dma_buf_release'];
  const came = await run(disturbed([2], (history) => ({ ...hung(history, NONE), log })));
  t.match(came.cases[0], { end: 'hang' });
});

const NONE: Program = { threads: [], deadlineMs: 1 };

t.test('a target whose calls still come back is slow, and nothing hangs', async (t) => {
  const came = await run(
    disturbed([2], (history) => ({ ...hung(history, NONE), progressing: true })),
  );
  t.match(came.cases[0], { end: 'inconclusive', reason: /the target is too slow/ });
  t.strictSame(came.notices, []);
});

t.test('a target that was ended from outside gets a second try, and no third', async (t) => {
  const whole = await run(openSimulator('sim:'));
  const forced: Disturbance = () => {
    throw new TargetDeath('crash', 'the agent ended (SIGKILL)', [], true);
  };
  const once = await run(disturbed([2], forced));
  t.strictSame(verdictsOf(once), verdictsOf(whole));
  t.match(once.notices, [/is repeated because the connection was lost: the agent ended/]);
  const twice = await run(disturbed([2, 4], forced));
  t.match(twice.cases[0], { end: 'crash', reason: /the agent ended/ });
});

t.test('after a complaint of the kernel the next case has a fresh target', async (t) => {
  const log = ['WARNING: CPU: 0 PID: 41 at lib/refcount.c:28'];
  const adapter = disturbed([2], (history) => ({ ...history, log }));
  const came = await run(adapter);
  t.equal(adapter.opened, 2);
  t.match(came.notices, [/opened again after .*: the kernel complained/]);
  const always = Array.from({ length: 1000 }, (_, index) => index + 1);
  const damaged = disturbed(always, (history) => ({ ...history, log }));
  const all = await run(damaged);
  t.equal(damaged.opened, all.cases.length, 'each case but the first after one that complained');
});

t.test('a client that was killed before it began is no word about the target', async (t) => {
  const came = await run(
    disturbed([2], (history, program) => ({
      ...history,
      threads: threadsWith(history, 'not-run'),
      deaths: [{ client: program.threads[0]?.client ?? '', signal: 'SIGKILL', reason: 'own' }],
    })),
  );
  t.match(came.cases[0], { end: 'inconclusive', reason: /killed by SIGKILL before its first/ });
});

t.test('a client that the OOM killer took is said to be', async (t) => {
  const line = 'Out of memory: Killed process 57 (agent) total-vm:196172kB';
  const came = await run(
    disturbed([2], (history) => ({
      ...history,
      threads: threadsWith(history, 'lost'),
      deaths: [{ client: 'subject', signal: 'SIGKILL', reason: 'own' }],
      log: [line],
    })),
  );
  t.match(came.cases[0], {
    end: 'crash',
    reason: `subject by SIGKILL, by the OOM killer: ${line}`,
  });
});

t.test('a target that had to be started twice is told of, once for each such start', async (t) => {
  let opened = 0;
  const inner = disturbed([2], hung);
  const adapter: Adapter = {
    ...inner,
    open: async () => {
      opened += 1;
      const session = await inner.open();
      if (opened === 1) return session;
      const details = { ...session.facts.details, failedStart: 'it said nothing' };
      return Object.assign(session, { facts: { ...session.facts, details } });
    },
  };
  const came = await run(adapter);
  const told = came.notices.filter((notice) => notice.includes('was started twice for'));
  t.match(told, [/the first failed: it said nothing$/]);
  t.equal(told.length, 1);
  t.equal(came.end.complete, true);
});
