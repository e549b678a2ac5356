import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AllocertError, messageOf, unreadable, usageError } from '../../base/errors.ts';
import { bytesAt, forEachLine } from '../../base/lines.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { TargetFacts, TranscriptEntry } from '../contract/index.ts';
import { factsFromJson } from '../contract/program-json.ts';
import { decodeEntries } from './decode-entries.ts';
import { evidenceViolation } from './evidence-schema.ts';
import { NamedLines } from './named-lines.ts';

/** A run's evidence. All of it has been checked, and no more than one case of it is in memory. */
export interface Recording {
  /** URL of the target that was recorded; it is quoted, never opened. */
  readonly target: string;
  readonly facts: TargetFacts;
  readonly seed: string;
  /**
   * Answers in order, of one run of a case; undefined when the case was not recorded.
   *
   * @param run counted from 0; beyond the last one, the first one comes again
   * @throws {@link AllocertError} (usage) when the file is no longer what was checked
   */
  entriesOf(caseId: string, run: number): readonly TranscriptEntry[] | undefined;
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

/** Where a line was when it was checked. */
interface LineOf {
  readonly at: number;
  readonly length: number;
  readonly digest: string;
}

/** The version of `evidence.ndjson` that this code reads. */
const VERSION = 1;

/**
 * Reads `evidence.ndjson` of a report directory line by line. A record beside it must name exactly its
 * lines; of the record, nothing else is read.
 *
 * @throws {@link AllocertError} naming the file and the line: (usage) when it cannot be understood,
 *   (machine) when a digest does not fit
 */
export function readRecording(directory: string): Recording {
  const file = join(directory, 'evidence.ndjson');
  const cases = new Map<string, LineOf[]>();
  const named = new NamedLines(directory, file);
  let head: TargetLine | undefined;
  let number = 0;
  readLines(file, directory, (bytes, at) => {
    number += 1;
    const place = `${file} line ${number}`;
    const text = bytes.toString('utf8');
    const line = parseLine(text, place);
    if (head === undefined) head = headOf(line, place);
    else if (line.kind !== 'case') throw usageError(`${place} names a second target; remove it`);
    else {
      const runs = cases.get(line.caseId) ?? [];
      named.check(text, line.caseId, place);
      refuseRepeated(line, runs.length + 1, place);
      decodeEntries(line, place);
      const { length } = bytes;
      cases.set(line.caseId, [...runs, { at, length, digest: digestOf(bytes) }]);
    }
  });
  if (head === undefined) throw usageError(`${file} is empty; run the target again to record it`);
  named.end();
  const { facts, seed, target } = head;
  return {
    ...{ target, seed, facts: factsFromJson(facts) },
    entriesOf(caseId, run) {
      const runs = cases.get(caseId) ?? [];
      const line = runs[run % runs.length];
      return line === undefined ? undefined : entriesAt(file, line);
    },
  };
}

const digestOf = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');

/** A last line without its end was cut off. */
function readLines(
  file: string,
  directory: string,
  onLine: (bytes: Buffer, at: number) => void,
): void {
  let count = 0;
  try {
    const isTorn = forEachLine(file, (bytes, at) => {
      count += 1;
      onLine(bytes, at);
    });
    if (!isTorn) return;
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    const reason = unreadable(thrown) ?? messageOf(thrown);
    throw usageError(
      `${directory} cannot be replayed (evidence.ndjson: ${reason}); ` +
        'name a directory that `allocert run --out` wrote',
    );
  }
  const place = `${file} line ${count + 1}`;
  throw usageError(`${place} is damaged: its end is missing; restore the file or record again`);
}

function parseLine(text: string, place: string): TargetLine | CaseLine {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (thrown) {
    const why = messageOf(thrown);
    throw usageError(`${place} is damaged: it ${why}; restore the file or record again`);
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > VERSION) {
    throw usageError(`${place}: a newer allocert recorded this evidence; update allocert`);
  }
  const violation = evidenceViolation(value);
  if (violation !== undefined) throw usageError(`${place} is not evidence: ${violation}`);
  return value as TargetLine | CaseLine;
}

function headOf(line: TargetLine | CaseLine, place: string): TargetLine {
  if (line.kind === 'target') return line;
  throw usageError(`${place} names no target, so this is not evidence of allocert`);
}

/** @param attempt which run of the case the line must be */
function refuseRepeated({ attempt = 1, caseId }: CaseLine, expected: number, place: string): void {
  if (attempt === expected) return;
  throw usageError(`${place} repeats the case ${caseId}, and does not say that it ran again`);
}

/** Reads a line again, which is believed only as it was when it was checked. */
function entriesAt(file: string, { at, digest, length }: LineOf): readonly TranscriptEntry[] {
  let bytes: Buffer;
  try {
    bytes = bytesAt(file, at, length);
  } catch (thrown) {
    throw usageError(`${file} cannot be read any more: ${unreadable(thrown) ?? messageOf(thrown)}`);
  }
  if (digestOf(bytes) !== digest) {
    throw usageError(`${file} was changed while it was replayed; replay it again`);
  }
  return decodeEntries(JSON.parse(bytes.toString('utf8')) as CaseLine, file);
}
