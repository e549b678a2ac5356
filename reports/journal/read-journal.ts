import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { entryFromJson, factsFromJson } from '../../adapters/contract/program-json.ts';
import { AllocertError, messageOf, unreadable, usageError } from '../../base/errors.ts';
import { bytesAt, forEachLine } from '../../base/lines.ts';
import { parseJson } from '../../base/parse-json.ts';
import { REPORT_FILES } from '../files/directory.ts';
import { schemaViolation } from '../files/schema.ts';
import type { JournalLine, RunStart, WrittenLine } from '../record/journal-lines.ts';
import { refuseNewer } from '../record/refuse-newer.ts';

/** A journal as it was read. */
export interface Journal {
  readonly start: RunStart;
  /** Every line, `start` among them. */
  readonly lines: readonly JournalLine[];
  /** Whether the last line was cut off in the middle of writing it. */
  readonly torn: boolean;
}

/** Where a line of a journal stands. */
export interface JournalPlace {
  /** From 1 on. */
  readonly number: number;
  /** The first of its bytes, and how many there are. */
  readonly at: number;
  readonly length: number;
}

/**
 * Reads the journal of a report directory line by line, so that its length does not matter. A last
 * line that was cut off is left out.
 *
 * @param onLine gets every line; the first one is the start of the run
 * @param from the number of the first line that is wanted: the first one is long in a long run
 * @returns whether the last line was cut off
 * @throws {@link AllocertError} when there is none, it is damaged, or a newer allocert wrote it
 */
export function scanJournal(
  directory: string,
  onLine: (line: WrittenLine, place: JournalPlace) => void,
  from = 1,
): boolean {
  const file = join(directory, REPORT_FILES.journal);
  let number = 0;
  const torn = readingOf(directory, () =>
    forEachLine(file, (bytes, at) => {
      number += 1;
      if (number < from) return;
      const line = parseLine(bytes.toString('utf8'), `${file} line ${number}`);
      if (number === 1 && line.type !== 'run-start') {
        throw usageError(
          `${file} line 1 does not start a run, so this is not a journal of allocert`,
        );
      }
      onLine(line, { number, at, length: bytes.length });
    }),
  );
  if (number > 0) return torn;
  throw usageError(`${file} holds no run: it was killed before its first case; run it again`);
}

/**
 * Reads one line of a journal again.
 *
 * @throws {@link AllocertError} as {@link scanJournal} does
 */
export function journalLineAt(
  directory: string,
  { number, at, length }: JournalPlace,
): WrittenLine {
  const file = join(directory, REPORT_FILES.journal);
  const bytes = readingOf(directory, () => bytesAt(file, at, length));
  return parseLine(bytes.toString('utf8'), `${file} line ${number}`);
}

/**
 * Reads a whole journal, transcripts included.
 *
 * @throws {@link AllocertError} as {@link scanJournal} does
 */
export function readJournal(directory: string): Journal {
  const lines: JournalLine[] = [];
  const torn = scanJournal(directory, (line) => lines.push(decode(line)));
  return { start: lines[0] as RunStart, lines, torn };
}

function readingOf<T>(directory: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    const reason = unreadable(thrown);
    if (reason === undefined) throw thrown;
    throw usageError(withoutJournal(directory, reason));
  }
}

/** Why a folder cannot be read, and what to do. */
function withoutJournal(directory: string, reason: string): string {
  const wanted = 'name the directory that `allocert run --out` wrote';
  if (!existsSync(directory)) return `there is no folder ${directory}; ${wanted}`;
  const has = (name: string): boolean => existsSync(join(directory, name));
  if (has(REPORT_FILES.record) && !has(REPORT_FILES.journal)) {
    return (
      `${directory} has a record and no journal, as merged reports do; name the folders of its ` +
      'parts, and merge them again'
    );
  }
  return `${directory} holds no report (${REPORT_FILES.journal}: ${reason}); ${wanted}`;
}

function parseLine(text: string, place: string): WrittenLine {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (thrown) {
    throw usageError(`${place} is damaged: it ${messageOf(thrown)}; restore the file or run again`);
  }
  refuseNewer(value, 'journal', place);
  const violation = schemaViolation('journal', value);
  if (violation !== undefined) {
    throw usageError(`${place} is not what allocert writes: ${violation}`);
  }
  const line = value as WrittenLine;
  return line.type === 'run-start' ? { ...line, facts: factsFromJson(line.facts) } : line;
}

/** Brings contract data back from its text form. */
function decode(line: WrittenLine): JournalLine {
  if (line.type !== 'case-end') return line;
  const { caseId, entries } = line.transcript;
  return { ...line, transcript: { caseId, entries: entries.map(entryFromJson) } };
}
