/** Pages that a round left behind: a finding when they are lost again, and only then. */
import t from 'tap';
import type { History, Program } from '../../../adapters/contract/index.ts';
import { profileNamed } from '../../../catalogue/catalogue.ts';
import { pagesLeftBy } from '../../../fuzz/execute/area-watch.ts';
import type { Scenario } from '../../../fuzz/generate/scenario.ts';
import type { Round } from '../../../fuzz/judge/round-report.ts';

const READ = { op: 'readfile', document: '/sys/kernel/debug/cma' } as const;
const program: Program = {
  threads: [{ client: 'main', operations: [READ, READ] }],
  deadlineMs: 1000,
};
const scenario: Scenario = { mode: 'test', programs: [program] };

const reading = (pages: number, at: bigint) => ({
  ...{ outcome: 'returned' as const, value: 1n, call: at, return: at + 1n },
  out: new TextEncoder().encode(`reserved ${pages}\n`),
});
const leaving = (pages: number): Round => {
  const history: History = {
    threads: [[reading(4, 1n), reading(4 + pages, 5n)]],
    ...{ deaths: [], log: [], deadlineHit: false },
  };
  return { scenario, histories: [history], violations: [] };
};

const LOSS = {
  ...{ oracle: 'areas', requirement: 'LIF-09', kind: 'memory is lost' },
  ...{ detail: '', events: [] },
};

/** Runs again as often as it is asked; the numbers say in which of these runs pages are lost. */
async function watched(
  round: Round,
  losing: readonly number[],
  known: readonly string[] = [],
  counts = true,
) {
  const asked: Scenario[] = [];
  const generator = counts ? { countsAreas: true } : {};
  const context = { generator, rules: { profile: profileNamed('hardened') } };
  const left = await pagesLeftBy(context as never, round, new Set(known), async (one) => {
    asked.push(one);
    const violations = losing.includes(asked.length) ? [LOSS] : [];
    return { scenario: one, histories: [], violations };
  });
  return { left, asked };
}

t.test('what is lost twice more is a finding, of a run that waits at its end', async (t) => {
  const { asked, left } = await watched(leaving(3), [1, 4]);
  t.equal(asked.length, 4);
  t.strictSame(left[0]?.violations, [LOSS]);
  const operations = left[0]?.scenario.programs.at(-1)?.threads[0]?.operations ?? [];
  t.strictSame(
    operations.map(({ op }) => op),
    ['sleep', 'readfile'],
  );
});

t.test('what is lost once more may be freed late', async (t) => {
  const { asked, left } = await watched(leaving(3), [2]);
  t.strictSame(left, []);
  t.equal(asked.length, 6);
});

t.test(
  'a round that left nothing, a known leak and a machine of others are not run again',
  async (t) => {
    t.equal((await watched(leaving(0), [1, 2])).asked.length, 0);
    t.equal((await watched(leaving(-1), [1, 2])).asked.length, 0);
    t.equal((await watched(leaving(3), [1, 2], ['areas LIF-09: memory is lost'])).asked.length, 0);
    t.equal((await watched(leaving(3), [1, 2], [], false)).asked.length, 0);
    t.equal((await watched({ ...leaving(3), histories: [] }, [1, 2])).asked.length, 0);
  },
);
