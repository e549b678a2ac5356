import { type Figures, isUnmeasured, type Unmeasured } from './figures.ts';
import type { BenchName, GoalRow } from './table.ts';

/** What came of a bench, by its name. */
export type Results = Readonly<Partial<Record<BenchName, Figures | Unmeasured>>>;

/** A row with what was measured. */
export interface JudgedRow {
  readonly what: string;
  /** With its unit; empty when there is none. */
  readonly value: string;
  /** Empty for a figure that is only shown. */
  readonly goal: string;
  readonly verdict: 'holds' | 'MISSED' | 'shown' | `not run: ${string}`;
}

/** Holds a row of the table against what was measured. */
export function judgedRow(row: GoalRow, results: Results): JudgedRow {
  const told = results[row.bench];
  const goal = goalText(row);
  const nothing = { what: row.what, value: '', goal };
  if (told === undefined) return { ...nothing, verdict: 'not run: it was not asked for' };
  if (isUnmeasured(told)) return { ...nothing, verdict: `not run: ${told.reason}` };
  const value = told[row.figure];
  if (value === undefined) return { ...nothing, verdict: 'not run: the bench told no such figure' };
  const isReached = value >= (row.least ?? value) && value <= (row.most ?? value);
  const verdict = goal === '' ? 'shown' : isReached ? 'holds' : 'MISSED';
  return { what: row.what, value: withUnit(value, row.unit), goal, verdict };
}

function goalText({ least, most, unit }: GoalRow): string {
  if (least !== undefined) return `≥ ${withUnit(least, unit)}`;
  return most === undefined ? '' : `≤ ${withUnit(most, unit)}`;
}

function withUnit(value: number, unit: string): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 2;
  return `${value.toFixed(digits)}${unit.startsWith('/') ? '' : ' '}${unit}`.trim();
}

/** A line for each row, for a terminal. */
export function rowsAsText(rows: readonly JudgedRow[]): string {
  const wide = Math.max(...rows.map(({ what }) => what.length));
  const lines = rows.map(({ what, value, goal, verdict }) =>
    `${what.padEnd(wide)}  ${value.padStart(9)}  ${goal.padEnd(10)}  ${verdict}`.trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** The rows as a table for `docs/performance.md`. @param before what an earlier run measured */
export function rowsAsMarkdown(
  rows: readonly JudgedRow[],
  before: readonly JudgedRow[] | undefined,
): string {
  const cells = rows.map(({ what, value, goal, verdict }, index) => [
    ...[what, ...(before === undefined ? [] : [before[index]?.value || '–'])],
    ...[value || '–', goal || '–', verdict],
  ]);
  const head = ['what', ...(before === undefined ? [] : ['before']), 'now', 'goal', ''];
  const rule = head.map((_, index) => (index === 0 || index === head.length - 1 ? '---' : '---:'));
  return `${[head, rule, ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`;
}
