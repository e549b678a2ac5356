import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { holdsReport, REPORT_FILES } from '../../reports/files/directory.ts';
import type { DerivedRun } from '../../reports/record/derived-run.ts';
import { checkJournal } from './check-journal.ts';
import { checkRecordFile } from './check-record.ts';

/**
 * Holds a report against the evidence in it, before anything is concluded from it: a folder with a
 * journal, a folder with a record alone, or a record. What is none of them is left to its reader,
 * who says so.
 *
 * @param onDerived gets what follows from a journal, once nothing contradicts it
 * @returns a sentence on what could not be checked; empty when everything was
 * @throws {@link AllocertError} (machine) naming the first contradiction
 */
export async function recheckReport(
  path: string,
  onDerived?: (run: DerivedRun) => void,
): Promise<string> {
  if (!existsSync(path)) return '';
  if (statSync(path).isFile()) return checkRecordFile(path);
  if (holdsReport(path)) return checkJournal(path, onDerived);
  const file = join(path, REPORT_FILES.record);
  return existsSync(file) ? checkRecordFile(file) : '';
}
