/** What a kernel complained of is shrunk while it goes on, and proved on a kernel that is new. */
import t from 'tap';
import type { Operation } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { operationsIn, type Scenario } from '../../../fuzz/generate/scenario.ts';
import type { Round } from '../../../fuzz/judge/round-report.ts';
import { minimize } from '../../../fuzz/minimize/minimize.ts';
import type { Finding } from '../../../fuzz/record/finding.ts';
import type { Violation } from '../../../oracles/index.ts';

const adapter = openSimulator('sim:');
const { facts } = await adapter.open();
const violation: Violation = {
  ...{ oracle: 'survival', requirement: 'ERR-12', kind: 'kernel: BUG: KASAN: use-after-free' },
  ...{ detail: '', events: [] },
};
const GUILTY = 21n;
const operations = Array.from(
  { length: 24 },
  (_, at): Operation => ({ op: 'dup', fd: BigInt(at) }),
);
const threads = [{ client: 'main', operations }];
const scenario: Scenario = { mode: 'hammer', programs: [{ threads, deadlineMs: 1000 }] };

/** A guest that complains of what it is told to; how often it was started anew, and the finding. */
async function minimized(
  complains: (candidate: Scenario, since: number) => boolean,
): Promise<{ finding: Finding; starts: number; runs: number }> {
  let [starts, since, runs] = [0, 0, 0];
  const runner = {
    bears: false,
    context: async () => ({
      facts: { ...facts, kind: 'vm' },
      rules: { profile: { name: 'hardened' } },
    }),
    leave: async () => {},
    close: async () => {
      starts += 1;
      since = 0;
    },
    attempt: async (candidate: Scenario): Promise<Round> => {
      runs += 1;
      const violations = complains(candidate, since) ? [violation] : [];
      // What the runner does after a complaint, unless it is told to go on.
      if (violations.length > 0 && !runner.bears) await runner.close();
      since += violations.length;
      return { scenario: candidate, histories: [], violations };
    },
  };
  const round = { scenario, histories: [], violations: [violation] };
  const options = { adapter, version: 'test', seed: 1n, shrinkBudget: 400 };
  const finding = await minimize(runner as never, { index: 0, round, violation }, options, 60_000);
  return { finding, starts, runs };
}

const isGuilty = ({ programs }: Scenario): boolean =>
  programs.some(({ threads: ones }) =>
    ones.some(({ operations: steps }) => steps.some((one) => 'fd' in one && one.fd === GUILTY)),
  );

const sizeOf = ({ minimal = [] }: Finding): number => operationsIn({ mode: '', programs: minimal });

t.test('it is shrunk without a new start, and each proof has one', async (t) => {
  const { finding, runs, starts } = await minimized(isGuilty);
  t.equal(sizeOf(finding), 1);
  t.match(finding.reproduced, { times: 3, of: 3 });
  t.ok(runs > 10, `${runs} candidates and proofs`);
  t.ok(starts <= 6, `${starts} starts, of which each proof has one before it and one after it`);
});

t.test('what only a kernel that is damaged already shows is not believed', async (t) => {
  const { finding } = await minimized(
    (candidate, since) => since > 0 || operationsIn(candidate) >= operations.length / 2,
  );
  t.equal(sizeOf(finding), operations.length, 'the scenario is the one that was found');
  t.equal(finding.reproduced, undefined);
});
