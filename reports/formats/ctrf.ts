import { jsonText } from '../../base/clean-text.ts';
import { eachPoint, type Point, sourceOf } from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';
import {
  type ExtraRow,
  extraRows,
  reasonWith,
  type Standing,
  standingsIn,
} from '../record/standing.ts';
import { finalVerdict } from './verdict.ts';

type CtrfStatus = 'passed' | 'failed' | 'skipped';

/** As in JUnit: what decides the exit code fails, what was let pass is skipped. */
const CTRF_STATUS: Readonly<Record<Standing, CtrfStatus>> = {
  passes: 'passed',
  remark: 'passed',
  skipped: 'skipped',
  waived: 'skipped',
  known: 'skipped',
  open: 'failed',
  flaky: 'failed',
  fails: 'failed',
};

const statusOf = (standing: Standing, { status }: Point): CtrfStatus =>
  standing === 'remark' && status === 'inconclusive' ? 'skipped' : CTRF_STATUS[standing];

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
 * deciding profile, and a failed one more for what decides the exit code and stands in no case.
 */
export function* ctrfPieces(record: RunRecord): Generator<string> {
  const standingOf = standingsIn(record);
  const extra = extraRows(record, eachPoint(record));
  const text = jsonText(reportOf(record, standingOf, extra.length), 2);
  const { index = 0 } = TESTS.exec(text) ?? {};
  yield text.slice(0, index);
  yield '\n    "tests": [';
  let separator = '\n';
  for (const point of eachPoint(record)) {
    yield `${separator}      ${jsonText(testOf(record, point, standingOf(point)))}`;
    separator = ',\n';
  }
  for (const row of extra) {
    yield `${separator}      ${jsonText(extraTest(row))}`;
    separator = ',\n';
  }
  yield `\n    ]${text.slice(index).replace(TESTS, '')}\n`;
}

/** Everything but the tests. */
function reportOf(
  record: RunRecord,
  standingOf: (point: Point) => Standing,
  extra: number,
): object {
  const counts = { passed: 0, failed: extra, skipped: 0 };
  for (const point of eachPoint(record)) counts[statusOf(standingOf(point), point)] += 1;
  const { allocert, target, profile, seed, facts, environment } = record;
  const { implementation, architecture } = facts;
  return {
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    results: {
      tool: { name: 'allocert', version: allocert },
      summary: {
        tests: counts.passed + counts.failed + counts.skipped,
        passed: counts.passed,
        failed: counts.failed,
        pending: 0,
        skipped: counts.skipped,
        other: 0,
        start: Date.parse(record.startedAt),
        stop: Date.parse(record.endedAt),
      },
      tests: [],
      environment: {
        extra: {
          ...environment,
          ...{ target, profile, seed, implementation, architecture },
          exitCode: record.exitCode,
          verdict: finalVerdict(record).text,
        },
      },
    },
  };
}

function testOf(record: RunRecord, point: Point, standing: Standing): CtrfTest {
  const { requirement, status } = point;
  const { blocked } = point.case;
  return {
    name: `${point.case.id} ${requirement.id}: ${point.case.title}`,
    status: statusOf(standing, point),
    duration: Math.round(point.durationMs),
    message: reasonWith(standing, record, point),
    rawStatus: status,
    ...(status === 'flaky' ? { flaky: true } : {}),
    ...(point.runs > 1 ? { retries: point.runs - 1 } : {}),
    tags: [requirement.group, requirement.level, requirement.authority],
    extra: {
      standing,
      ...(blocked?.by === undefined ? {} : { blockedBy: blocked.by }),
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

const extraTest = ({ name, reason, word }: ExtraRow): CtrfTest => ({
  name,
  status: 'failed',
  duration: 0,
  message: reason,
  rawStatus: word,
});
