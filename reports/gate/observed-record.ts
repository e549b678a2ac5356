import type { ObservedRun } from '../journal/observed-run.ts';
import type { RunRecord } from '../record/record.ts';
import { gate } from './gate.ts';

/** The record of a run as it was observed so far, put through its gate. */
export function observedRecord(observed: ObservedRun): RunRecord {
  const { settings } = observed;
  const raw = observed.record();
  return settings === undefined ? raw : gate(raw, settings);
}
