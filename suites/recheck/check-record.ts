import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { TranscriptEntry } from '../../adapters/contract/index.ts';
import { checkedEntries, type WrittenAnswers } from '../../adapters/replay/decode-entries.ts';
import { usageError } from '../../base/errors.ts';
import { bytesAt, forEachLine } from '../../base/lines.ts';
import { REPORT_FILES } from '../../reports/files/directory.ts';
import { checkedRecord } from '../../reports/gate/check-record.ts';
import { rawVerdict } from '../../reports/gate/without-gate.ts';
import { contradiction, contradictionIn } from '../../reports/record/contradiction.ts';
import type { Attempt, RecordedCase, RunRecord } from '../../reports/record/record.ts';
import { catalogueDifference, whyUnjudged } from './check-catalogue.ts';
import { JudgeAgain } from './judge-again.ts';

/**
 * Refuses a record that says otherwise than what follows from its own cases, or from the evidence
 * beside it, where there is any.
 *
 * @param file the record
 * @returns a sentence on what could not be checked; empty when everything was
 * @throws {@link AllocertError} (machine) naming the first contradiction, and as `readRecord` does
 */
export async function checkRecordFile(file: string): Promise<string> {
  const record = checkedRecord(file);
  const evidence = evidenceOf(record, file);
  const incomplete = record.sources.length > 0 && !record.complete;
  const unjudged = whyUnjudged(record.allocert, file, { ...record, incomplete });
  if (unjudged !== '') return unjudged;
  const quoted = catalogueDifference({ ...record, incomplete });
  if (quoted !== undefined) throw contradiction(file, 'the catalogue of this version', quoted);
  if (evidence === undefined) return '';
  const judge = new JudgeAgain(record);
  for (const one of record.cases) {
    for (const attempt of one.attempts ?? [raw(one)]) {
      const entries = evidence.answers(attempt.evidence);
      if (entries === undefined) continue;
      const found = await judge.difference(one.id, attempt, entries);
      if (found !== undefined) throw contradiction(file, evidence.file, found);
    }
  }
  return '';
}

const raw = (one: RecordedCase): Attempt => ({ ...one, verdicts: one.verdicts.map(rawVerdict) });

/** The evidence beside a record, if it is its own. */
function evidenceOf(record: RunRecord, file: string): Evidence | undefined {
  const path = join(dirname(file), REPORT_FILES.evidence);
  if (!existsSync(path)) return undefined;
  const evidence = new Evidence(path);
  // A record of any other name may lie beside the evidence of another run.
  const isOwn = basename(file) === REPORT_FILES.record || evidence.isOf(record);
  if (!isOwn) return undefined;
  evidence.refuseOthers(record, file);
  return evidence;
}

/** Lines of evidence, found by their digests. */
class Evidence {
  readonly file: string;
  #head = '';
  readonly #places = new Map<string, { readonly at: number; readonly length: number }>();

  constructor(file: string) {
    this.file = file;
    forEachLine(file, (bytes, at) => {
      if (at === 0) this.#head = bytes.toString('utf8');
      else this.#places.set(digestOf(bytes), { at, length: bytes.length });
    });
  }

  /** Whether its first line names the run of a record. */
  isOf({ seed }: RunRecord): boolean {
    return this.#head.includes(`"seed":${JSON.stringify(seed)}`);
  }

  /**
   * @throws {@link AllocertError} (machine) for evidence of another run, with lines that the record
   *   does not name, or without one that it names
   */
  refuseOthers(record: RunRecord, file: string): void {
    if (!this.isOf(record)) {
      throw contradictionIn(file, this.file, `seed says ${record.seed}, and line 1 there another`);
    }
    const unseen = new Set(this.#places.keys());
    for (const { id, evidence, attempts = [] } of record.cases) {
      for (const digest of [...attempts.map((one) => one.evidence), evidence]) {
        unseen.delete(digest);
        // Of what was merged, some may have come without evidence.
        if (digest === '' || this.#places.has(digest) || record.sources.length > 0) continue;
        const short = digest.slice(0, 12);
        const what = `cases[${id}].evidence says ${short}…, and no line has that SHA-256`;
        throw contradictionIn(file, this.file, what);
      }
    }
    if (unseen.size === 0) return;
    throw contradictionIn(
      file,
      this.file,
      `${unseen.size} lines there have a SHA-256 not in cases`,
    );
  }

  /**
   * Undefined where no line has the digest.
   *
   * @throws {@link AllocertError} when the line is no evidence, or a digest in it does not fit
   */
  answers(digest: string): readonly TranscriptEntry[] | undefined {
    const place = this.#places.get(digest);
    if (place === undefined) return undefined;
    const text = bytesAt(this.file, place.at, place.length).toString('utf8');
    return checkedEntries(parsed(text, this.file), `${this.file}, ${digest.slice(0, 12)}…,`);
  }
}

function parsed(text: string, file: string): WrittenAnswers {
  try {
    return JSON.parse(text);
  } catch {
    throw usageError(`${file} is damaged: it is not JSON; restore the file or record again`);
  }
}

const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
