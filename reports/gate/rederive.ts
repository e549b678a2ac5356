import { standingsOf } from '../record/builder.ts';
import type { RecordedCase, RunRecord } from '../record/record.ts';

/** A record with other verdicts in its cases: everything that follows from them is made anew. */
export const restated = (record: RunRecord, cases: readonly RecordedCase[]): RunRecord => ({
  ...record,
  cases,
  ...standingsOf(record, cases, record.complete, record.fuzz),
});
