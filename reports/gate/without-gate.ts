import type { RecordedCase, RunRecord, Verdict } from '../record/record.ts';
import { rederive } from './rederive.ts';

/** The record as it was before any waiver: what a gate starts from, and what merges compare. */
export function withoutGate(record: RunRecord): RunRecord {
  if (record.gate === undefined) return record;
  const { gate: _, ...rest } = record;
  return rederive({ ...rest, waivers: [] }, record.cases.map(unwaived));
}

const unwaived = (one: RecordedCase): RecordedCase => ({
  ...one,
  verdicts: one.verdicts.map(rawVerdict),
});

/** A verdict without its waiver. */
export function rawVerdict({ waivedFrom, ...verdict }: Verdict): Verdict {
  return waivedFrom === undefined ? verdict : { ...verdict, status: waivedFrom };
}
