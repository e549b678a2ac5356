import { countPoints, eachPoint, type Point, sourceOf } from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';
import { STATUSES, type Status } from '../record/status.ts';

type CtrfStatus = 'passed' | 'failed' | 'skipped';

/** As in TAP: what could not be said fails, what was only remarked on passes. */
const CTRF_STATUS: Readonly<Record<Status, CtrfStatus>> = {
  pass: 'passed',
  warn: 'passed',
  info: 'passed',
  flaky: 'passed',
  skip: 'skipped',
  waived: 'skipped',
  inconclusive: 'failed',
  fail: 'failed',
  hang: 'failed',
  crash: 'failed',
};

interface CtrfTest {
  readonly name: string;
  readonly status: CtrfStatus;
  readonly duration: number;
  readonly message?: string;
  readonly rawStatus?: string;
  readonly flaky?: boolean;
  readonly retries?: number;
  readonly tags?: readonly string[];
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Where the tests go into the text of the other members; no string of JSON has a raw newline. */
const TESTS = /\n {4}"tests": \[\]/;

/**
 * The record in the Common Test Report Format: one test for each case and requirement in the
 * deciding profile, and a failed one more when the run is incomplete.
 */
export function* ctrfPieces(record: RunRecord): Generator<string> {
  const text = JSON.stringify(reportOf(record), undefined, 2);
  const { index = 0 } = TESTS.exec(text) ?? {};
  yield text.slice(0, index);
  yield '\n    "tests": [';
  let separator = '\n';
  for (const point of eachPoint(record)) {
    yield `${separator}      ${JSON.stringify(testOf(point))}`;
    separator = ',\n';
  }
  if (!record.complete) yield `${separator}      ${JSON.stringify(incompleteTest(record))}`;
  yield `\n    ]${text.slice(index).replace(TESTS, '')}\n`;
}

/** Everything but the tests. */
function reportOf(record: RunRecord): object {
  const { points, statuses } = countPoints(eachPoint(record));
  const count = (status: CtrfStatus): number =>
    STATUSES.filter((one) => CTRF_STATUS[one] === status).reduce(
      (sum, one) => sum + statuses[one],
      0,
    );
  const missing = record.complete ? 0 : 1;
  const { allocert, target, profile, seed, facts, environment } = record;
  const { implementation, architecture } = facts;
  return {
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    results: {
      tool: { name: 'allocert', version: allocert },
      summary: {
        tests: points + missing,
        passed: count('passed'),
        failed: count('failed') + missing,
        pending: 0,
        skipped: count('skipped'),
        other: 0,
        start: Date.parse(record.startedAt),
        stop: Date.parse(record.endedAt),
      },
      tests: [],
      environment: {
        extra: { ...environment, target, profile, seed, implementation, architecture },
      },
    },
  };
}

function testOf(point: Point): CtrfTest {
  const { requirement, status } = point;
  return {
    name: `${point.case.id} ${requirement.id}: ${point.case.title}`,
    status: CTRF_STATUS[status],
    duration: Math.round(point.durationMs),
    message: point.reason,
    rawStatus: status,
    ...(status === 'flaky' ? { flaky: true } : {}),
    ...(point.runs > 1 ? { retries: point.runs - 1 } : {}),
    tags: [requirement.group, requirement.level, requirement.authority],
    extra: {
      case: point.case.id,
      requirement: requirement.id,
      statement: requirement.statement,
      source: sourceOf(requirement),
      expected: point.expected,
      observed: point.observed,
      evidence: point.case.evidence,
    },
  };
}

const incompleteTest = (record: RunRecord): CtrfTest => ({
  name: 'the run came to its end',
  status: 'failed',
  duration: 0,
  message: record.incompleteReason,
  rawStatus: 'incomplete',
});
