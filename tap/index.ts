/**
 * The suites as subtests of a test file of your own, with `tap` or with `node:test`:
 *
 *     import t from 'tap';
 *     import { suites } from 'allocert/tap';
 *     await suites(t, 'sim:');
 *
 * It runs the suites through their index, and each subtest says what the TAP report of a run would
 * say. It may import whatever a run takes: suites, the record and the registry of adapters.
 *
 * @packageDocumentation
 */
import type { Adapter } from '../adapters/contract/index.ts';
import { openTarget } from '../adapters/open-target.ts';
import { guardAdapter } from '../adapters/plugins/guard.ts';
import { RecordBuilder } from '../reports/record/builder.ts';
import type { CaseFinish, RunStart } from '../reports/record/journal-lines.ts';
import { pointsOf } from '../reports/record/points.ts';
import type { RunRecord } from '../reports/record/record.ts';
import { runSuites } from '../suites/index.ts';
import {
  endResult,
  reportResults,
  type SubtestResult,
  subtestResultOf,
  type TestContext,
} from './subtest-result.ts';

export type { RunRecord } from '../reports/record/record.ts';
export type { TestContext } from './subtest-result.ts';

/** Options of {@link suites}. */
export interface SuiteOptions {
  /** The profile that decides what fails; the target's ABI has a default. */
  readonly profile?: string;
  /** Requirements or cases, by id; all when left out. */
  readonly only?: readonly string[];
}

/**
 * Runs the suites on a target. Each case is a subtest, which appears as soon as the case has ended;
 * each of its requirements is a check in it. What fails and what is skipped is what fails and is
 * skipped in the TAP report of `allocert run`; the last subtest fails when the run is incomplete.
 *
 * @param t the test in which the subtests appear: one of `tap`, or of `node:test`
 * @param target a URL such as `sim:`, or an adapter, which the caller closes
 * @returns the record of the run, without digests of evidence
 * @throws {@link AllocertError} when nothing could be run at all, or for what was asked
 */
export async function suites(
  t: TestContext,
  target: string | Adapter,
  { profile, only = [] }: SuiteOptions = {},
): Promise<RunRecord> {
  const adapter =
    typeof target === 'string' ? await openTarget(target) : guardAdapter(target, target.url);
  const whole = new RecordBuilder();
  const run: { start?: RunStart } = {};
  // Subtests come one after the other, while the next cases run already.
  let reported: Promise<unknown> = Promise.resolve();
  const subtest = (name: string, checks: readonly SubtestResult[]): void => {
    reported = reported.then(() => t.test(name, (inner) => reportResults(inner, checks)));
  };
  try {
    const end = await runSuites({
      adapter,
      only,
      ...(profile === undefined ? {} : { profile }),
      onStart: (line) => {
        run.start = line;
        whole.add(line);
      },
      onCaseStart: (line) => whole.add(line),
      onCaseEnd: (line) => {
        whole.add(line);
        if (run.start !== undefined) subtest(...caseChecks(run.start, line));
      },
      onNotice: (line) => whole.add(line),
    });
    whole.add(end);
  } finally {
    if (typeof target === 'string') await adapter.close();
  }
  const record = whole.record();
  subtest('the run was complete', [endResult(record)]);
  await reported;
  return record;
}

/** The name of a case's subtest, and what it checks. */
function caseChecks(start: RunStart, line: CaseFinish): [string, readonly SubtestResult[]] {
  const cases = start.cases.filter(({ id }) => id === line.case);
  const builder = new RecordBuilder({ ...start, cases });
  builder.add(line);
  return [
    `${line.case}: ${cases[0]?.title ?? ''}`,
    pointsOf(builder.record()).map(subtestResultOf),
  ];
}
