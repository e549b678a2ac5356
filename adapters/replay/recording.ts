import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, unreadable, usageError } from '../../base/errors.ts';
import type { TargetFacts, TranscriptEntry } from '../contract/index.ts';
import { factsFromJson } from '../contract/program-json.ts';
import { decodeEntries } from './decode-entries.ts';
import { evidenceViolation } from './evidence-schema.ts';
import { NamedLines } from './named-lines.ts';

/** A run's evidence, read. */
export interface Recording {
  /** URL of the target that was recorded; it is quoted, never opened. */
  readonly target: string;
  readonly facts: TargetFacts;
  readonly seed: string;
  /** Answers in order, by case id, of each run of the case. */
  readonly cases: ReadonlyMap<string, readonly (readonly TranscriptEntry[])[]>;
}

interface TargetLine {
  readonly kind: 'target';
  readonly version: number;
  readonly target: string;
  readonly seed: string;
  readonly facts: object;
}

interface CaseLine {
  readonly kind: 'case';
  readonly caseId: string;
  /** 2 or more where a case ran again: the last run is the one that counts. */
  readonly attempt?: number;
  readonly entries: readonly object[];
}

/** The version of `evidence.ndjson` that this code reads. */
const VERSION = 1;

/**
 * Reads `evidence.ndjson` of a report directory. A record beside it must name exactly its lines; of
 * the record, nothing else is read.
 *
 * @throws {@link AllocertError} naming the file and the line: (usage) when it cannot be understood,
 *   (machine) when a digest does not fit
 */
export function readRecording(directory: string): Recording {
  const file = join(directory, 'evidence.ndjson');
  const [first, ...rest] = readLines(file, directory);
  const named = new NamedLines(directory, file);
  if (first === undefined) {
    throw usageError(`${file} is empty; run the target again to record it`);
  }
  const head = parseLine(first, `${file} line 1`);
  if (head.kind !== 'target') {
    throw usageError(`${file} line 1 names no target, so this is no evidence of allocert`);
  }
  const cases = new Map<string, readonly (readonly TranscriptEntry[])[]>();
  const attempts = new Map<string, number>();
  for (const [index, text] of rest.entries()) {
    const place = `${file} line ${index + 2}`;
    const line = parseLine(text, place);
    if (line.kind !== 'case') throw usageError(`${place} names a second target; remove it`);
    named.check(text, line.caseId, place);
    const attempt = (attempts.get(line.caseId) ?? 0) + 1;
    if ((line.attempt ?? 1) !== attempt) {
      throw usageError(
        `${place} repeats the case ${line.caseId}, and does not say that it ran again`,
      );
    }
    attempts.set(line.caseId, attempt);
    cases.set(line.caseId, [...(cases.get(line.caseId) ?? []), decodeEntries(line, place)]);
  }
  named.end();
  const { target, seed } = head;
  return { target, seed, facts: factsFromJson(head.facts), cases };
}

function readLines(file: string, directory: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  } catch (thrown) {
    const reason = unreadable(thrown) ?? messageOf(thrown);
    throw usageError(
      `${directory} cannot be replayed (evidence.ndjson: ${reason}); ` +
        'name a directory that `allocert run --out` wrote',
    );
  }
}

function parseLine(text: string, place: string): TargetLine | CaseLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usageError(`${place} is damaged: it is not JSON; restore the file or record again`);
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > VERSION) {
    throw usageError(`${place}: a newer allocert recorded this evidence; update allocert`);
  }
  const violation = evidenceViolation(value);
  if (violation !== undefined) throw usageError(`${place} is no evidence: ${violation}`);
  return value as TargetLine | CaseLine;
}
