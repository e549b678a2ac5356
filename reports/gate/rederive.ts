import { conclusionsOf } from '../record/conclusions.ts';
import type { RecordedCase, RunRecord } from '../record/record.ts';

/** A record with other verdicts in its cases: everything that follows from them is made anew. */
export const rederive = (record: RunRecord, cases: readonly RecordedCase[]): RunRecord => ({
  ...record,
  cases,
  ...conclusionsOf(record, cases, record.complete, record.fuzz),
});
