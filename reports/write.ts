import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { machineError } from '../base/errors.ts';
import { REPORT_FILES } from './files/directory.ts';
import { replaceStream } from './files/replace-file.ts';
import { htmlPage } from './formats/html/page.ts';
import { transcriptsOf } from './formats/html/transcripts.ts';
import { junitPieces } from './formats/junit.ts';
import { tapPieces } from './formats/tap.ts';
import { gate } from './gate/gate.ts';
import { EvidenceWriter } from './journal/evidence.ts';
import type { ObservedRun } from './journal/observed-run.ts';
import { scanJournal } from './journal/read-journal.ts';
import { RecordBuilder } from './record/builder.ts';
import type { DerivedRun } from './record/derived-run.ts';
import type { GateSettings } from './record/gate-outcome.ts';
import type { RunRecord } from './record/record.ts';
import { recordDigest, recordPieces } from './record/record-text.ts';

/**
 * Derives every report from the journal of a directory and writes them beside it. No more than one
 * transcript is in memory at a time.
 *
 * @param asked the gate to put the record through; left out: the one that the run was started with
 * @param known what follows from the journal, where that was derived of it before
 * @returns the record that they show
 * @throws {@link AllocertError} when the journal cannot be read or the reports not be written
 */
export function writeReports(
  directory: string,
  asked?: GateSettings,
  known?: DerivedRun,
): RunRecord {
  const { record: raw, settings } = deriveAndKeep(directory, known);
  const gateOf = asked ?? settings;
  const record = gateOf === undefined ? raw : gate(raw, gateOf);
  writeViews(record, directory, [directory]);
  return record;
}

/**
 * Writes the reports of a run that this process observed.
 *
 * @param record as {@link observedRecord} gives it
 * @throws {@link AllocertError} when they cannot be written, or when the journal in the directory
 *   is not the one that the run wrote
 */
export function writeObserved(observed: ObservedRun, record: RunRecord, directory: string): void {
  if (!existsSync(join(directory, REPORT_FILES.journal))) {
    throw machineError(
      `${directory} was deleted or moved away meanwhile; run it again to have one`,
    );
  }
  const { record: found } = deriveAndKeep(directory);
  if (recordDigest(found) !== recordDigest(observed.record())) {
    throw machineError(
      `${directory} holds another journal than this run wrote, so no report is made of it`,
    );
  }
  writeViews(record, directory, [directory]);
}

/**
 * Writes the record and the views that a report folder holds.
 *
 * @param folders where the evidence of its cases is
 * @throws {@link AllocertError} when they cannot be written
 */
export function writeViews(record: RunRecord, directory: string, folders: readonly string[]): void {
  replaceStream(directory, REPORT_FILES.record, recordPieces(record));
  replaceStream(directory, REPORT_FILES.junit, junitPieces(record));
  replaceStream(directory, REPORT_FILES.tap, tapPieces(record));
  const transcriptOf = transcriptsOf(record, folders);
  replaceStream(directory, REPORT_FILES.html, htmlPage({ record, transcriptOf }));
}

/** What follows from a journal, whose evidence goes to the disk on the way. */
function deriveAndKeep(directory: string, known?: DerivedRun): DerivedRun {
  let settings: GateSettings | undefined;
  const builder = new RecordBuilder();
  const evidence = new EvidenceWriter(directory);
  try {
    // Where the record is known, it is not made twice, and names the target as the first line does.
    if (known !== undefined) evidence.target(known.record);
    scanJournal(
      directory,
      (line) => {
        if (line.type === 'run-start') evidence.target(line);
        if (line.type === 'gate') settings = line;
        const digest = line.type === 'case-end' ? evidence.case(line.transcript) : '';
        if (known === undefined) builder.add(line, digest);
      },
      known === undefined ? 1 : 2,
    );
    evidence.commit();
  } finally {
    evidence.abandon();
  }
  return known ?? { record: builder.record(), settings };
}
