/** Records, waivers and baselines for the tests of the gate. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLAIN_GATE } from '../../../reports/gate/gate.ts';
import { readBaseline } from '../../../reports/gate/read-baseline.ts';
import { deriveRecord } from '../../../reports/journal/derive-record.ts';
import type { Baseline, GateSettings, Waiver } from '../../../reports/record/gate-outcome.ts';
import type { RunRecord } from '../../../reports/record/record.ts';
import { recordText } from '../../../reports/record/record-text.ts';
import { journalOf, type SampleStatuses, sampleLines, temporaryDirectory } from '../sample.ts';

/** The record of a run in which everything passes unless said otherwise. */
export const recordWith = (statuses: SampleStatuses = {}): RunRecord =>
  deriveRecord(journalOf(sampleLines(statuses)));

/** A waiver of LIF-01 on `sim:` until the end of January. */
export const WAIVER: Waiver = {
  id: 'LIF-01',
  target: 'sim:',
  reason: 'The driver is being rewritten.',
  owner: 'memory team',
  issue: 'https://example.org/issues/7',
  expires: '2026-01-31',
};

/** A gate of mid-January that asks for nothing unless said otherwise. */
export const settings = (more: Partial<GateSettings> = {}): GateSettings => ({
  ...PLAIN_GATE,
  today: '2026-01-15',
  ...more,
});

/** A baseline from a record file that holds a record. */
export function baselineOf(record: RunRecord): Baseline {
  const file = join(temporaryDirectory(), 'record.json');
  writeFileSync(file, recordText(record));
  return readBaseline(file);
}
