import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machineError } from '../adapters/contract/errors.ts';
import { toJson } from '../adapters/contract/index.ts';
import { deriveRecord } from './derive.ts';
import { attempt, REPORT_FILES, temporary } from './directory.ts';
import { evidenceOf } from './evidence.ts';
import { formatJunit } from './formats/junit.ts';
import { formatTap } from './formats/tap.ts';
import { readJournal } from './read-journal.ts';
import type { RunRecord } from './record.ts';
import { schemaViolation } from './schema.ts';

/**
 * Derives every report from the journal of a directory and writes them beside it.
 *
 * @returns the record that they show
 * @throws {@link AllocertError} when the journal cannot be read or the reports not be written
 */
export function writeReports(directory: string): RunRecord {
  const journal = readJournal(directory);
  const evidence = evidenceOf(journal.start, journal.lines);
  const record = deriveRecord(journal, evidence);
  replaceFile(directory, REPORT_FILES.evidence, evidence.text);
  replaceFile(directory, REPORT_FILES.record, recordText(record));
  replaceFile(directory, REPORT_FILES.junit, formatJunit(record));
  replaceFile(directory, REPORT_FILES.tap, formatTap(record));
  return record;
}

/**
 * The text of `record.json`.
 *
 * @throws {@link AllocertError} when it breaks the published schema, which is a bug of allocert
 */
export function recordText(record: RunRecord): string {
  const json = toJson(record);
  const violation = schemaViolation('record', json);
  if (violation !== undefined) {
    throw machineError(
      `the record breaks its own schema (${violation}); this is a bug of allocert, ` +
        'please report it together with journal.ndjson',
    );
  }
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

/**
 * Writes a file of a report: a reader sees the old one or the new one, never half of one.
 *
 * @throws {@link AllocertError} when it cannot be written
 */
export function replaceFile(directory: string, name: string, text: string): void {
  const file = join(directory, name);
  attempt(directory, () => {
    writeFileSync(temporary(file), text, { flush: true });
    renameSync(temporary(file), file);
  });
}
