import { AssertionError } from 'node:assert';
import { type Point, sourceOf } from '../reports/record/points.ts';
import type { RunRecord } from '../reports/record/record.ts';

/**
 * The test that a test library passes to its body. `pass` and `fail` are tap's; without them each
 * check becomes a test of its own, which is how `node:test` says what passed.
 */
export interface TestContext {
  test(name: string, body: (inner: TestContext) => Promise<void>): PromiseLike<unknown>;
  pass?(name: string, extra?: object): unknown;
  fail?(name: string, extra?: object): unknown;
  skip?(reason?: string): unknown;
}

/** One assertion of a subtest. */
export interface SubtestResult {
  readonly name: string;
  readonly outcome: 'pass' | 'fail' | 'skip';
  /** Why, in a sentence. */
  readonly reason: string;
  /** Details for the reader of a failure: the rule, its source, what was expected and observed. */
  readonly diagnostics: Readonly<Record<string, unknown>>;
}

/** The result of one requirement in one case. As in the TAP report, `inconclusive` fails. */
export function subtestResultOf({
  requirement,
  status,
  expected,
  observed,
  reason,
}: Point): SubtestResult {
  const { id, statement, level, authority } = requirement;
  const rule = sourceOf(requirement);
  return {
    name: `${id} ${statement}`,
    outcome: OUTCOMES[status],
    reason: status === 'waived' ? `waived: ${reason}` : reason,
    diagnostics: { status, reason, expected, observed, level, authority, rule },
  };
}

const OUTCOMES: Readonly<Record<Point['status'], SubtestResult['outcome']>> = {
  pass: 'pass',
  info: 'pass',
  warn: 'pass',
  flaky: 'pass',
  skip: 'skip',
  waived: 'skip',
  inconclusive: 'fail',
  fail: 'fail',
  hang: 'fail',
  crash: 'fail',
};

/** A run that stopped early must not look like a shorter one that passed. */
export const endResult = ({ complete, incompleteReason }: RunRecord): SubtestResult => ({
  name: 'every case ran',
  outcome: complete ? 'pass' : 'fail',
  reason: incompleteReason,
  diagnostics: { reason: incompleteReason },
});

/** The place in this file says nothing of what failed. */
const NOWHERE = { at: null, stack: '', source: null };

/** Reports results in a test. */
export async function reportResults(
  t: TestContext,
  checks: readonly SubtestResult[],
): Promise<void> {
  for (const check of checks) {
    if (t.pass === undefined || t.fail === undefined) await asTest(t, check);
    else if (check.outcome === 'fail') t.fail(check.name, { ...check.diagnostics, ...NOWHERE });
    else t.pass(check.name, check.outcome === 'skip' ? { skip: check.reason } : {});
  }
}

async function asTest(t: TestContext, { name, outcome, reason, diagnostics }: SubtestResult) {
  await t.test(name, async (inner) => {
    if (outcome === 'skip') inner.skip?.(reason);
    if (outcome !== 'fail') return;
    const { expected, observed } = diagnostics;
    throw new AssertionError({ message: reason, expected, actual: observed, operator: 'observed' });
  });
}
