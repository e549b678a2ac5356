import { groupPoints, NOT_LOOKED_AT, type Point } from '../record/points.ts';
import type { Style } from './layout.ts';
import { labelled, noticed, rulesAndCases } from './remarks.ts';

/** Whether nothing was looked at because a step before it failed. */
export const isBlocked = ({ status, case: { blocked }, reason }: Point): boolean =>
  status === 'inconclusive' && blocked !== undefined && reason.startsWith(NOT_LOOKED_AT);

/** What was not looked at, in one paragraph for each step that blocked it. */
export function blockedLines(points: readonly Point[], style: Style): string[] {
  const groups = groupPoints(points, ({ reason }) => reason);
  return [...groups].flatMap(([reason, rows]) => {
    const count = rows.length === 1 ? '1 row' : `${rows.length} rows`;
    return noticed(
      labelled('inconclusive', `${count} ${reason}: ${rulesAndCases(rows)}`, style),
      style,
    );
  });
}
