import { closeSync, fsyncSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { machineError } from '../adapters/contract/errors.ts';
import { type Transcript, toJson } from '../adapters/contract/index.ts';
import { deriveRecord } from './derive.ts';
import { attempt, REPORT_FILES, temporary } from './directory.ts';
import { evidenceOf } from './evidence.ts';
import { htmlPage } from './formats/html/page.ts';
import { formatJunit } from './formats/junit.ts';
import { formatTap } from './formats/tap.ts';
import { type Journal, readJournal } from './read-journal.ts';
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
  const transcriptOf = transcriptsOf(journal);
  replaceStream(directory, REPORT_FILES.html, htmlPage({ record, transcriptOf }));
  return record;
}

function transcriptsOf({ lines }: Journal): (caseId: string) => Transcript | undefined {
  const transcripts = new Map<string, Transcript>();
  for (const line of lines) {
    if (line.type === 'case-end') transcripts.set(line.case, line.transcript);
  }
  return (caseId) => transcripts.get(caseId);
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

const PIECE_CHARACTERS = 1 << 16;

/**
 * Writes a file as {@link replaceFile} does, from pieces that are never in memory together.
 *
 * @throws {@link AllocertError} when it cannot be written
 */
export function replaceStream(directory: string, name: string, pieces: Iterable<string>): void {
  const file = join(directory, name);
  attempt(directory, () => {
    const descriptor = openSync(temporary(file), 'w');
    try {
      writePieces(descriptor, pieces);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary(file), file);
  });
}

function writePieces(descriptor: number, pieces: Iterable<string>): void {
  let waiting: string[] = [];
  let characters = 0;
  const flush = (): void => {
    writeFully(descriptor, Buffer.from(waiting.join('')));
    waiting = [];
    characters = 0;
  };
  for (const piece of pieces) {
    waiting.push(piece);
    characters += piece.length;
    if (characters >= PIECE_CHARACTERS) flush();
  }
  flush();
}

/** A write may take less than it was given, on a disk that is almost full. */
function writeFully(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}
