/** A finding whose shrinking is cut short: its results are those of the Programs beside them. */
import t from 'tap';
import type { Operation } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import type { Scenario } from '../../../fuzz/generate/scenario.ts';
import { operationsIn } from '../../../fuzz/generate/scenario.ts';
import type { Round } from '../../../fuzz/judge/round-report.ts';
import { minimize } from '../../../fuzz/minimize/minimize.ts';

const ALLOWED_MS = 60_000;
const adapter = openSimulator('sim:');
const { facts } = await adapter.open();
const violation = {
  ...{ oracle: 'errors', requirement: 'IOC-01', kind: 'a dup', detail: '' },
  events: [],
};

const roundOf = (scenario: Scenario): Round => ({
  scenario,
  histories: scenario.programs.map(({ threads }) => ({
    threads: threads.map(({ operations }) =>
      operations.map(() => ({
        ...{ outcome: 'returned' as const, value: 0n, call: 1n, return: 2n },
        out: new Uint8Array(0),
      })),
    ),
    ...{ deaths: [], log: [], deadlineHit: false },
  })),
  violations: [violation],
});

t.test('time that is over before anything is run again', async (t) => {
  const operations = [1n, 2n, 3n, 4n].map((fd): Operation => ({ op: 'dup', fd }));
  const threads = [{ client: 'main', operations }];
  const scenario = { mode: 'hammer', programs: [{ threads, deadlineMs: 1000 }] };
  const { now } = performance;
  let passed = 0;
  performance.now = () => now.call(performance) + passed;
  t.teardown(() => {
    performance.now = now;
  });
  const runner = {
    context: async () => ({ facts, rules: { profile: { name: 'hardened' } } }),
    leave: async () => {},
    attempt: async (candidate: Scenario) => {
      // All time is over with the first run that shows it.
      passed = 2 * ALLOWED_MS;
      return roundOf(candidate);
    },
  };
  const finding = await minimize(
    runner as never,
    { index: 0, round: roundOf(scenario), violation },
    { adapter, version: 'test', seed: 1n, shrinkBudget: 100 },
    ALLOWED_MS,
  );
  const { histories, minimal = [], reproduced } = finding;
  t.equal(reproduced, undefined, 'nothing was run again');
  t.ok(operationsIn({ mode: '', programs: minimal }) < operations.length, 'it became smaller');
  t.strictSame(
    histories.map((one) => one.threads.map((results) => results.length)),
    minimal.map((one) => one.threads.map((thread) => thread.operations.length)),
  );
});
