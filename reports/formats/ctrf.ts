import { type Point, pointsOf, sourceOf } from '../points.ts';
import type { RunRecord, Status } from '../record.ts';

type CtrfStatus = 'passed' | 'failed' | 'skipped';

/** As in TAP: what could not be said fails, what was only remarked on passes. */
const CTRF_STATUS: Readonly<Record<Status, CtrfStatus>> = {
  pass: 'passed',
  warn: 'passed',
  info: 'passed',
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
  readonly tags?: readonly string[];
  readonly extra?: Readonly<Record<string, unknown>>;
}

/**
 * The record in the Common Test Report Format: one test for each case and requirement in the
 * deciding profile, and a failed one more when the run did not come to its end.
 */
export function formatCtrf(record: RunRecord): string {
  const tests: CtrfTest[] = pointsOf(record).map(testOf);
  if (!record.complete) tests.push(incompleteTest(record));
  const count = (status: CtrfStatus): number => tests.filter((one) => one.status === status).length;
  const { allocert, target, profile, seed, facts } = record;
  const report = {
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    results: {
      tool: { name: 'allocert', version: allocert },
      summary: {
        tests: tests.length,
        passed: count('passed'),
        failed: count('failed'),
        pending: 0,
        skipped: count('skipped'),
        other: 0,
        start: Date.parse(record.startedAt),
        stop: Date.parse(record.endedAt),
      },
      tests,
      environment: {
        extra: {
          target,
          profile,
          seed,
          implementation: facts.implementation,
          architecture: facts.architecture,
        },
      },
    },
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

function testOf(point: Point): CtrfTest {
  const { requirement, status } = point;
  return {
    name: `${point.case.id} ${requirement.id}: ${point.case.title}`,
    status: CTRF_STATUS[status],
    duration: Math.round(point.durationMs),
    message: point.reason,
    rawStatus: status,
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
