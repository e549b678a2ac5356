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
import { xmlClose, xmlElement, xmlOpen, xmlText } from './xml.ts';

type Element = 'failure' | 'error' | 'skipped';

/** Which element of a testcase a row becomes; the others are plain passes. */
const ELEMENTS: Readonly<Partial<Record<Standing, Element>>> = {
  fails: 'failure',
  flaky: 'failure',
  open: 'error',
  known: 'skipped',
  waived: 'skipped',
  skipped: 'skipped',
};

function elementOf(standing: Standing, { status }: Point): Element | undefined {
  if (standing === 'fails' && (status === 'crash' || status === 'hang')) return 'error';
  return standing === 'remark' && status === 'inconclusive' ? 'skipped' : ELEMENTS[standing];
}

/** How many rows become which element, and their time together. */
interface Counted {
  readonly rows: number;
  readonly durationMs: number;
  readonly elements: Readonly<Record<Element, number>>;
}

function counted(points: Iterable<Point>, standingOf: (point: Point) => Standing): Counted {
  const elements = { failure: 0, error: 0, skipped: 0 };
  let [rows, durationMs] = [0, 0];
  for (const point of points) {
    rows += 1;
    durationMs += point.durationMs;
    const element = elementOf(standingOf(point), point);
    if (element !== undefined) elements[element] += 1;
  }
  return { rows, durationMs, elements };
}

/**
 * The record as JUnit XML in the form that CI servers agree on (the xunit plugin's junit-10
 * schema): a suite for each group, a testcase for each case and requirement in the deciding
 * profile. What a baseline or a waiver lets pass is skipped, with a message that says so. What
 * decides the exit code and is no testcase, such as an incomplete run, is one more suite.
 */
export function* junitPieces(record: RunRecord): Generator<string> {
  const standingOf = standingsIn(record);
  const { rows, durationMs, elements } = counted(eachPoint(record), standingOf);
  const extra = extraRows(record, eachPoint(record));
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield xmlOpen('testsuites', {
    name: `allocert ${record.target}`,
    tests: rows + extra.length,
    failures: elements.failure,
    errors: elements.error + extra.length,
    time: seconds(durationMs),
  });
  for (const group of new Set(record.requirements.map((one) => one.group))) {
    yield* suiteOf(record, group, standingOf);
  }
  for (const row of extra) yield `\n${extraSuite(record, row)}`;
  yield `\n${xmlClose('testsuites')}\n`;
}

/** The text of {@link junitPieces}. */
export const formatJunit = (record: RunRecord): string => [...junitPieces(record)].join('');

function* suiteOf(
  record: RunRecord,
  group: string,
  standingOf: (point: Point) => Standing,
): Generator<string> {
  const points = (): Generator<Point> => eachPoint(record, (one) => one.group === group);
  const { rows, durationMs, elements } = counted(points(), standingOf);
  if (rows === 0) return;
  const suite = {
    name: group,
    tests: rows,
    failures: elements.failure,
    errors: elements.error,
    skipped: elements.skipped,
    time: seconds(durationMs),
    timestamp: record.startedAt,
  };
  yield `\n${xmlOpen('testsuite', suite)}\n${propertiesOf(record)}`;
  for (const point of points()) yield `\n${testcaseOf(record, point, standingOf(point))}`;
  yield `\n${xmlClose('testsuite')}`;
}

function propertiesOf(record: RunRecord): string {
  const { allocert, target, profile, facts, seed, exitCode } = record;
  const values = {
    allocert,
    target,
    profile,
    implementation: facts.implementation,
    architecture: facts.architecture,
    kernel: facts.kernel?.release,
    seed,
    exitCode,
    verdict: finalVerdict(record).text,
  };
  const rows = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => xmlElement('property', { name, value }));
  return xmlElement('properties', {}, rows.join(''));
}

function testcaseOf(record: RunRecord, point: Point, standing: Standing): string {
  const element = elementOf(standing, point);
  const name = `${point.case.id}: ${point.case.title}`;
  const classname = `allocert.${record.profile}.${point.requirement.id}`;
  const message = { message: messageOf(record, point, standing), type: typeOf(standing, point) };
  const ending = element === undefined ? '' : xmlElement(element, message, detailOf(point));
  const out = xmlElement('system-out', {}, xmlText(outOf(point, standing)));
  return xmlElement('testcase', { classname, name, time: seconds(point.durationMs) }, ending + out);
}

/** What was let pass says so, since a status alone would accuse. */
const typeOf = (standing: Standing, { status }: Point): string =>
  standing === 'known' ? 'known' : status;

function messageOf(record: RunRecord, point: Point, standing: Standing): string {
  const { expected, observed } = point;
  const reason = reasonWith(standing, record, point);
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
function outOf(point: Point, standing: Standing): string {
  const { requirement } = point;
  const { by } = point.case.blocked ?? {};
  const values = {
    requirement: requirement.id,
    level: requirement.level,
    authority: requirement.authority,
    status: point.status,
    standing,
    blockedBy: by === undefined ? '' : `${by.requirement} in ${by.case}`,
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

function extraSuite(record: RunRecord, { name, reason, word }: ExtraRow): string {
  const classname = `allocert.${record.profile}`;
  const error = xmlElement('error', { message: reason, type: word });
  return xmlElement(
    'testsuite',
    { name: 'run', tests: 1, failures: 0, errors: 1, skipped: 0, time: '0.000' },
    xmlElement('testcase', { classname, name, time: '0.000' }, error),
  );
}

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);
