import type { GateSettings } from './gate-outcome.ts';
import type { RunRecord } from './record.ts';

/** What follows from a journal. */
export interface DerivedRun {
  /** Before any gate. */
  readonly record: RunRecord;
  /** The gate that the run, or the last retry, was started with. */
  readonly settings: GateSettings | undefined;
}
