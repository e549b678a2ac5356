import type { RunRecord } from '../../reports/record/record.ts';
import { explanationOf, statedRegion } from './excluded.ts';
import type { Statement } from './statement.ts';

/** A case that did not look, and what the statement says of that. */
export interface JudgedSkip {
  readonly case: string;
  readonly reason: string;
  /** What the statement says; empty for a skip that it does not explain. */
  readonly because: string;
}

/** The cases of a run that skipped: what a statement excludes, and what it does not. */
export function judgeSkips(statement: Statement, record: RunRecord): readonly JudgedSkip[] {
  const region = statedRegion(statement, record.facts.regions[0]);
  return record.cases
    .filter(({ end }) => end === 'skip')
    .map(({ id, reason }) => {
      const because = explanationOf(statement, region, id)?.because ?? '';
      return { case: id, reason, because };
    });
}
