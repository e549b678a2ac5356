import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Transcript, toJson } from '../../adapters/contract/index.ts';
import { REPORT_FILES, withDirectoryErrors } from '../files/directory.ts';
import { Replacement } from '../files/replace-file.ts';
import type { JournalLine, RunStart, WrittenTranscript } from '../record/journal-lines.ts';
import { RECORD_VERSION } from '../record/record.ts';

/** The evidence of a run: the text of `evidence.ndjson`, and the digest of each case's line. */
export interface RunEvidence {
  readonly text: string;
  /** SHA-256 of the line, without its newline, by case id; of the last one where it ran again. */
  readonly digests: ReadonlyMap<string, string>;
}

/**
 * Everything the target answered, from which `replay:` recomputes the verdicts. The first line
 * names the target; then comes one line for each finished case.
 */
export function evidenceOfRun(start: RunStart, lines: readonly JournalLine[]): RunEvidence {
  const evidence = new EvidenceLines();
  const texts = [evidence.target(start)];
  const digests = new Map<string, string>();
  for (const line of lines) {
    if (line.type !== 'case-end') continue;
    const { text, digest } = evidence.case(written(line.transcript));
    texts.push(text);
    digests.set(line.case, digest);
  }
  return { text: texts.map((text) => `${text}\n`).join(''), digests };
}

const written = ({ caseId, entries }: Transcript): WrittenTranscript => ({
  caseId,
  entries: toJson(entries) as readonly object[],
});

/** The lines of one `evidence.ndjson`, without their newlines. */
export class EvidenceLines {
  /** How often each case ran. */
  readonly #runs = new Map<string, number>();

  target({ target, facts, seed }: Pick<RunStart, 'target' | 'facts' | 'seed'>): string {
    const facts_ = toJson(facts);
    return JSON.stringify({ kind: 'target', version: RECORD_VERSION, target, seed, facts: facts_ });
  }

  /** A case that ran again says so, since a second line under one name could be a forgery. */
  case({ caseId, entries }: WrittenTranscript): { readonly text: string; readonly digest: string } {
    const attempt_ = (this.#runs.get(caseId) ?? 0) + 1;
    this.#runs.set(caseId, attempt_);
    const again = attempt_ === 1 ? {} : { attempt: attempt_ };
    const text = JSON.stringify({ kind: 'case', caseId, ...again, entries });
    return { text, digest: createHash('sha256').update(text).digest('hex') };
  }
}

/** Writes `evidence.ndjson` line by line, so that no more than one case is in memory. */
export class EvidenceWriter {
  readonly #directory: string;
  readonly #lines = new EvidenceLines();
  #file: Replacement | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The first line. @throws {@link AllocertError} when it cannot be written */
  target(start: Pick<RunStart, 'target' | 'facts' | 'seed'>): void {
    if (this.#file !== undefined) return;
    const file = join(this.#directory, REPORT_FILES.evidence);
    this.#file = withDirectoryErrors(this.#directory, () => new Replacement(file));
    this.#write(this.#lines.target(start));
  }

  /** @returns the digest of the line */
  case(transcript: WrittenTranscript): string {
    const { text, digest } = this.#lines.case(transcript);
    this.#write(text);
    return digest;
  }

  /** Gives the file its name. */
  commit(): void {
    withDirectoryErrors(this.#directory, () => this.#file?.commit());
  }

  /** Leaves nothing behind of what was not committed. */
  abandon(): void {
    this.#file?.abandon();
  }

  #write(text: string): void {
    withDirectoryErrors(this.#directory, () => this.#file?.write(`${text}\n`));
  }
}
