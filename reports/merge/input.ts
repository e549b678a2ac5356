import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { usageError } from '../../base/errors.ts';
import { holdsReport, REPORT_FILES } from '../files/directory.ts';
import { checkedRecord } from '../gate/check-record.ts';
import { holdsCampaign } from '../journal/campaign-lines.ts';
import type { DerivedRun } from '../record/derived-run.ts';
import type { RecordedCampaign, RunRecord } from '../record/record.ts';
import { writeReports } from '../write.ts';
import { readCampaignSummary } from './campaign.ts';

/** A record, and where it is from. */
export interface RecordInput {
  /** As typed, for sentences. */
  readonly path: string;
  /** Where its evidence is. */
  readonly folder: string;
  readonly record: RunRecord;
}

/** A fuzz campaign, and where it is from. */
export interface CampaignInput {
  readonly path: string;
  readonly campaign: RecordedCampaign;
}

/**
 * Reads what a path holds: a report folder, whose reports are derived again from its journal; a
 * folder or file with a record; or the folder of a fuzz campaign.
 *
 * @throws {@link AllocertError} when it is none of them, or damaged
 */
function openInput(path: string, derived: DerivedRun | undefined): RecordInput | CampaignInput {
  if (existsSync(path) && statSync(path).isFile()) {
    return { path, folder: dirname(path), record: checkedRecord(path) };
  }
  if (!holdsReport(path)) {
    if (holdsCampaign(path)) return { path, campaign: readCampaignSummary(path) };
    const file = join(path, REPORT_FILES.record);
    if (existsSync(file)) return { path, folder: path, record: checkedRecord(file) };
  }
  // Also says what is wrong with a folder that holds nothing of allocert's.
  return { path, folder: path, record: writeReports(path, undefined, derived) };
}

/**
 * The records and the campaigns of some paths.
 *
 * @param derived what follows from the journals of some of them
 */
export function openInputs(
  paths: readonly string[],
  derived: ReadonlyMap<string, DerivedRun> = new Map(),
): {
  readonly records: readonly RecordInput[];
  readonly campaigns: readonly CampaignInput[];
} {
  const inputs = paths.map((path) => openInput(path, derived.get(path)));
  const records = inputs.filter((one) => 'record' in one);
  if (records.length === 0) {
    throw usageError(
      `${paths.join(' and ')} hold fuzz campaigns alone; name the report of a run beside them`,
    );
  }
  return { records, campaigns: inputs.filter((one) => 'campaign' in one) };
}
