import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../adapters/contract/errors.ts';
import { entryFromJson, factsFromJson } from '../adapters/contract/program-json.ts';
import { REPORT_FILES } from './directory.ts';
import { type JournalLine, RECORD_VERSION, type RunStart } from './record.ts';
import { schemaViolation } from './schema.ts';

/** A journal as it was read. */
export interface Journal {
  readonly start: RunStart;
  /** Every line, `start` among them. */
  readonly lines: readonly JournalLine[];
  /** Whether the last line was cut off in the middle of writing it. */
  readonly torn: boolean;
}

/**
 * Reads the journal of a report directory. A last line that was cut off is left out.
 *
 * @throws {@link AllocertError} when there is none, it is damaged, or a newer allocert wrote it
 */
export function readJournal(directory: string): Journal {
  const file = join(directory, REPORT_FILES.journal);
  const texts = readText(file, directory).split('\n');
  const unterminated = texts.pop() ?? '';
  const lines = texts.map((text, index) => parseLine(text, `${file} line ${index + 1}`));
  const start = lines[0];
  if (start === undefined) {
    throw usageError(`${file} holds no run: it was killed before its first case; run it again`);
  }
  if (start.type !== 'run-start') {
    throw usageError(`${file} line 1 does not start a run, so this is no journal of allocert`);
  }
  return { start, lines, torn: unterminated !== '' };
}

function readText(file: string, directory: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unreadable';
    throw usageError(
      `${directory} holds no report (${REPORT_FILES.journal}: ${code}); ` +
        'name the directory that `allocert run --out` wrote',
    );
  }
}

function parseLine(text: string, place: string): JournalLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usageError(`${place} is damaged: it is not JSON; restore the file or run again`);
  }
  refuseNewer(value, place);
  const violation = schemaViolation('journal', value);
  if (violation !== undefined) {
    throw usageError(`${place} is not what allocert writes: ${violation}`);
  }
  return decode(value as JournalLine);
}

function refuseNewer(value: unknown, place: string): void {
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version !== 'number' || version <= RECORD_VERSION) return;
  throw usageError(
    `${place}: a newer allocert wrote this journal (version ${version}, this one reads ` +
      `${RECORD_VERSION}); update allocert`,
  );
}

/** Brings contract data back from its text form. */
function decode(line: JournalLine): JournalLine {
  if (line.type === 'run-start') return { ...line, facts: factsFromJson(line.facts) };
  if (line.type !== 'case-end') return line;
  const { caseId, entries } = line.transcript;
  return { ...line, transcript: { caseId, entries: entries.map(entryFromJson) } };
}
