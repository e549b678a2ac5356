import { countPoints, eachPoint, type Point, sourceOf } from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';

/**
 * The record as TAP 14, flat, one test point for each case and requirement in the deciding profile.
 * An incomplete run bails out after its last point, so that no reader takes it for a shorter one
 * that passed.
 */
export function* tapPieces(record: RunRecord): Generator<string> {
  const { points } = countPoints(eachPoint(record));
  const { allocert, target, profile } = record;
  yield 'TAP version 14\n';
  yield `# ${oneLine(`allocert ${allocert}, target ${target}, profile ${profile}`)}\n`;
  yield points === 0 ? '1..0 # SKIP no case applies\n' : `1..${points}\n`;
  let number = 0;
  for (const point of eachPoint(record)) {
    number += 1;
    yield `${pointLines(point, number).join('\n')}\n`;
  }
  if (!record.complete) yield `Bail out! ${oneLine(record.incompleteReason)}\n`;
}

/** The text of {@link tapPieces}. */
export const formatTap = (record: RunRecord): string => [...tapPieces(record)].join('');

function pointLines(point: Point, number: number): readonly string[] {
  const { requirement, status } = point;
  const name = literal(`${point.case.id} ${requirement.id}: ${point.case.title}`);
  const reason = literal(point.reason);
  switch (status) {
    case 'pass':
      return [`ok ${number} - ${name}`];
    case 'skip':
      return [`ok ${number} - ${name} # SKIP ${reason}`];
    case 'waived':
      return [`ok ${number} - ${name} # SKIP waived: ${reason}`];
    case 'warn':
    case 'info':
    case 'flaky':
      return [`ok ${number} - ${name}`, ...diagnostics(point)];
    default:
      return [`not ok ${number} - ${name}`, ...diagnostics(point)];
  }
}

/** YAML whose values are JSON, which every YAML reader takes literally. */
function diagnostics(point: Point): readonly string[] {
  const { requirement } = point;
  const values = {
    status: point.status,
    reason: point.reason,
    expected: point.expected,
    observed: point.observed,
    requirement: requirement.id,
    statement: requirement.statement,
    level: requirement.level,
    authority: requirement.authority,
    source: sourceOf(requirement),
    ...(point.runs > 1 ? { runs: point.runs } : {}),
    ...(point.case.retried === true ? { retried: true } : {}),
  };
  const rows = Object.entries(values).map(([key, value]) => `  ${key}: ${yamlValue(value)}`);
  return ['  ---', ...rows, '  ...'];
}

const UNPRINTABLE = /[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/gu;

const yamlValue = (value: unknown): string =>
  JSON.stringify(value).replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();

/** TAP reads `#` as the start of a directive. */
const literal = (text: string): string => oneLine(text).replace(/[\\#]/g, '\\$&');
