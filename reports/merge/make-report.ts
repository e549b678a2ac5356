import { gate } from '../gate/gate.ts';
import type { DerivedRun } from '../record/derived-run.ts';
import type { GateSettings } from '../record/gate-outcome.ts';
import type { RunRecord } from '../record/record.ts';
import { writeViews } from '../write.ts';
import { openInputs } from './input.ts';
import { mergeRecords } from './merge.ts';
import { prepareMerged, writeMerged } from './write-merged.ts';

/** A report that was made again, or merged. */
export interface MadeReport {
  readonly record: RunRecord;
  /** Where it is; undefined when none was kept. */
  readonly directory: string | undefined;
  /** Where the evidence of its cases is. */
  readonly folders: readonly string[];
}

/**
 * Makes the report of runs again, as one: it is kept in the folder asked for, or in that of the one
 * run, and is gated where that is asked for. Reports of single runs are refreshed on the way.
 *
 * @param paths report folders, record files and folders of fuzz campaigns
 * @param out folder for the report, which {@link refuseOwnReport} has let pass; undefined: none
 * @param derived what follows from the journals of some paths, where that is known already
 * @throws {@link AllocertError} when a path holds nothing to report, the records do not belong
 *   together, or the report cannot be written
 */
export function makeReport(
  paths: readonly string[],
  out: string | undefined,
  settings: GateSettings | undefined,
  derived: ReadonlyMap<string, DerivedRun> = new Map(),
): MadeReport {
  const { records, campaigns } = openInputs(paths, derived);
  const merged = mergeRecords(records, campaigns);
  const record = settings === undefined ? merged : gate(merged, settings);
  // Not before nothing can be refused any more: a folder that stays empty would be no report.
  if (out !== undefined) prepareMerged(out);
  const folders = records.map(({ folder }) => folder);
  // A record file or a merged record has no folder of its own unless one was asked for.
  const own = paths.length === 1 && folders[0] === paths[0] ? paths[0] : undefined;
  const directory = out ?? own;
  if (out !== undefined) writeMerged(record, out, folders);
  else if (directory !== undefined && settings !== undefined) {
    writeViews(record, directory, folders);
  }
  return { record, directory, folders };
}
