import { jsonText, outputLine } from '../../base/clean-text.ts';
import { countPoints, eachPoint, type Point, sourceOf } from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';
import { extraRows, isDeciding, type Standing, standingsIn } from '../record/standing.ts';
import { finalVerdict } from './verdict.ts';

/**
 * The record as TAP 14, flat, one test point for each case and requirement in the deciding profile.
 * What the baseline has too is a todo, which readers do not count as failed, and what is waived a
 * SKIP. What decides the exit code and stands in no case is a point of its own. An incomplete run
 * bails out after its last point, so that no reader takes it for a shorter one that passed.
 */
export function* tapPieces(record: RunRecord): Generator<string> {
  const { points } = countPoints(eachPoint(record));
  const { allocert, target, profile } = record;
  yield 'TAP version 14\n';
  yield `# ${oneLine(`allocert ${allocert}, target ${target}, profile ${profile}`)}\n`;
  yield `# ${oneLine(finalVerdict(record).text)}\n`;
  const extra = record.complete ? extraRows(record, eachPoint(record)) : [];
  const total = points + extra.length;
  yield total === 0 ? '1..0 # SKIP no case applies\n' : `1..${total}\n`;
  const standingOf = standingsIn(record);
  let number = 0;
  for (const point of eachPoint(record)) {
    number += 1;
    yield `${pointLines(point, number, standingOf(point)).join('\n')}\n`;
  }
  for (const { name, reason } of extra) {
    number += 1;
    yield `not ok ${number} - ${literal(name)}\n  ---\n  reason: ${yamlValue(reason)}\n  ...\n`;
  }
  if (!record.complete) yield `Bail out! ${oneLine(record.incompleteReason)}\n`;
}

/** The text of {@link tapPieces}. */
export const formatTap = (record: RunRecord): string => [...tapPieces(record)].join('');

function pointLines(point: Point, number: number, standing: Standing): readonly string[] {
  const { requirement } = point;
  const name = literal(`${point.case.id} ${requirement.id}: ${point.case.title}`);
  const reason = literal(point.reason);
  const ok = `ok ${number} - ${name}`;
  if (isDeciding(standing)) return [`not ${ok}`, ...diagnostics(point, standing)];
  switch (standing) {
    case 'passes':
      return point.status === 'pass' ? [ok] : [ok, ...diagnostics(point, standing)];
    case 'skipped':
      return [`${ok} # SKIP ${reason}`];
    case 'waived':
      return [`${ok} # SKIP waived: ${reason}`];
    case 'known':
      return [
        `not ${ok} # todo known, the baseline has it too: ${reason}`,
        ...diagnostics(point, standing),
      ];
    default:
      return point.status === 'inconclusive'
        ? [`${ok} # SKIP not decided: ${reason}`]
        : [ok, ...diagnostics(point, standing)];
  }
}

/** YAML whose values are JSON, which every YAML reader takes literally. */
function diagnostics(point: Point, standing: Standing): readonly string[] {
  const { requirement } = point;
  const values = {
    status: point.status,
    standing,
    reason: point.reason,
    expected: point.expected,
    observed: point.observed,
    requirement: requirement.id,
    statement: requirement.statement,
    level: requirement.level,
    authority: requirement.authority,
    source: sourceOf(requirement),
    ...(point.case.blocked?.by === undefined ? {} : { blockedBy: point.case.blocked.by }),
    ...(point.runs > 1 ? { runs: point.runs } : {}),
    ...(point.case.retried === true ? { retried: true } : {}),
  };
  const rows = Object.entries(values).map(([key, value]) => `  ${key}: ${yamlValue(value)}`);
  return ['  ---', ...rows, '  ...'];
}

const yamlValue = (value: unknown): string => jsonText(value);

const oneLine = (text: string): string => outputLine(text).trim();

/** TAP reads `#` as the start of a directive. */
const literal = (text: string): string => oneLine(text).replace(/[\\#]/g, '\\$&');
