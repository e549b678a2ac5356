import {
  countPoints,
  eachPoint,
  type Point,
  type PointCounts,
  sourceOf,
} from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';
import { STATUSES, type Status } from '../record/status.ts';
import { xmlClose, xmlElement, xmlOpen, xmlText } from './xml.ts';

type Element = 'failure' | 'error' | 'skipped';

/** Which element of a testcase a status becomes; the others are plain passes. */
const ELEMENTS: Readonly<Partial<Record<Status, Element>>> = {
  fail: 'failure',
  crash: 'error',
  hang: 'error',
  inconclusive: 'error',
  skip: 'skipped',
  waived: 'skipped',
};

/**
 * The record as JUnit XML in the form that CI servers agree on (the xunit plugin's junit-10
 * schema): a suite for each group, a testcase for each case and requirement in the deciding
 * profile. An incomplete run has one more suite, whose error says so.
 */
export function* junitPieces(record: RunRecord): Generator<string> {
  const { points, durationMs, statuses } = countPoints(eachPoint(record));
  const missing = record.complete ? 0 : 1;
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield xmlOpen('testsuites', {
    name: `allocert ${record.target}`,
    tests: points + missing,
    failures: count(statuses, 'failure'),
    errors: count(statuses, 'error') + missing,
    time: seconds(durationMs),
  });
  for (const group of new Set(record.requirements.map((one) => one.group))) {
    yield* suiteOf(record, group);
  }
  if (!record.complete) yield `\n${incompleteSuite(record)}`;
  yield `\n${xmlClose('testsuites')}\n`;
}

/** The text of {@link junitPieces}. */
export const formatJunit = (record: RunRecord): string => [...junitPieces(record)].join('');

function* suiteOf(record: RunRecord, group: string): Generator<string> {
  const points = (): Generator<Point> => eachPoint(record, (one) => one.group === group);
  const counted = countPoints(points());
  if (counted.points === 0) return;
  const suite = {
    name: group,
    tests: counted.points,
    failures: count(counted.statuses, 'failure'),
    errors: count(counted.statuses, 'error'),
    skipped: count(counted.statuses, 'skipped'),
    time: seconds(counted.durationMs),
    timestamp: record.startedAt,
  };
  yield `\n${xmlOpen('testsuite', suite)}\n${propertiesOf(record)}`;
  for (const point of points()) yield `\n${testcaseOf(record, point)}`;
  yield `\n${xmlClose('testsuite')}`;
}

function propertiesOf({ allocert, target, profile, facts, seed }: RunRecord): string {
  const values = {
    allocert,
    target,
    profile,
    implementation: facts.implementation,
    architecture: facts.architecture,
    kernel: facts.kernel?.release,
    seed,
  };
  const rows = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => xmlElement('property', { name, value }));
  return xmlElement('properties', {}, rows.join(''));
}

function testcaseOf(record: RunRecord, point: Point): string {
  const element = ELEMENTS[point.status];
  const name = `${point.case.id}: ${point.case.title}`;
  const classname = `allocert.${record.profile}.${point.requirement.id}`;
  const message = { message: messageOf(point), type: point.status };
  const ending = element === undefined ? '' : xmlElement(element, message, detailOf(point));
  const out = xmlElement('system-out', {}, xmlText(outOf(point)));
  return xmlElement('testcase', { classname, name, time: seconds(point.durationMs) }, ending + out);
}

function messageOf(point: Point): string {
  const { expected, observed, reason } = point;
  if (observed.length === 0 || expected.length === 0) return reason;
  return `expected ${expected.join(' or ')}, observed ${observed.join(', ')}: ${reason}`;
}

function detailOf(point: Point): string {
  const { requirement } = point;
  const lines = [
    requirement.statement,
    `level: ${requirement.level}, authority: ${requirement.authority}`,
    `source: ${sourceOf(requirement)}`,
    `reason: ${point.reason}`,
  ];
  return xmlText(lines.join('\n'));
}

/** junit-10 has no properties in a testcase; readers take these lines of its output for them. */
function outOf(point: Point): string {
  const { requirement } = point;
  const values = {
    requirement: requirement.id,
    level: requirement.level,
    authority: requirement.authority,
    status: point.status,
    observed: point.observed.join(', '),
    runs: point.runs > 1 ? String(point.runs) : '',
    retried: point.case.retried === true ? 'yes' : '',
    evidence: point.case.evidence,
  };
  return Object.entries(values)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `[[PROPERTY|${key}=${value.replace(/[\]\r\n]+/g, ' ')}]]`)
    .join('\n');
}

function incompleteSuite(record: RunRecord): string {
  const message = { message: record.incompleteReason, type: 'incomplete' };
  const classname = `allocert.${record.profile}`;
  const name = 'the run came to its end';
  const error = xmlElement('error', message);
  return xmlElement(
    'testsuite',
    { name: 'run', tests: 1, failures: 0, errors: 1, skipped: 0, time: '0.000' },
    xmlElement('testcase', { classname, name, time: '0.000' }, error),
  );
}

const count = (statuses: PointCounts['statuses'], element: Element): number =>
  STATUSES.filter((status) => ELEMENTS[status] === element).reduce(
    (sum, status) => sum + statuses[status],
    0,
  );

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);
