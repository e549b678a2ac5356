import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { forEachLine } from '../../base/lines.ts';
import { REPORT_FILES } from '../files/directory.ts';
import { contradictionIn } from '../record/contradiction.ts';
import type { WrittenLine } from '../record/journal-lines.ts';
import { EvidenceLines } from './evidence.ts';
import type { JournalPlace } from './read-journal.ts';

/**
 * Holds the lines of a journal against the evidence that was made of it. A run or a retry that was
 * killed has brought its journal further than the evidence.
 */
export class EvidenceBeside {
  readonly #journal: string;
  readonly #file: string;
  /** Undefined where there is no evidence. */
  readonly #found: { readonly head: string; readonly digests: readonly string[] } | undefined;
  readonly #lines = new EvidenceLines();
  #cases = 0;

  /** @throws what `open` and `read` throw */
  constructor(directory: string) {
    this.#journal = join(directory, REPORT_FILES.journal);
    this.#file = join(directory, REPORT_FILES.evidence);
    this.#found = existsSync(this.#file) ? digestsIn(this.#file) : undefined;
  }

  /**
   * Takes the next line of the journal.
   *
   * @returns the digest of its line of evidence; empty where it has none
   * @throws {@link AllocertError} (machine) when the evidence has another line
   */
  add(line: WrittenLine, { number }: JournalPlace): string {
    if (line.type === 'run-start') this.#begin(this.#lines.target(line));
    if (line.type !== 'case-end') return '';
    const { digest } = this.#lines.case(line.transcript);
    const found = this.#found?.digests[this.#cases];
    this.#cases += 1;
    if (found === undefined || found === digest) return digest;
    throw this.#refusal(
      `line ${number} has answers of ${line.case} that are not those of line ${this.#cases + 1} there`,
    );
  }

  /** @throws {@link AllocertError} (machine) when the evidence has more lines than the journal */
  end(): void {
    const more = (this.#found?.digests.length ?? 0) - this.#cases;
    if (more > 0) throw this.#refusal(`it lacks the last ${more} of the runs of cases there`);
  }

  #begin(head: string): void {
    const found = this.#found?.head ?? '';
    if (found === '' || isSame(found, head)) return;
    throw this.#refusal('line 1 has another target, or other facts of it, than line 1 there');
  }

  #refusal(what: string): Error {
    return contradictionIn(this.#journal, this.#file, what);
  }
}

function digestsIn(file: string): { readonly head: string; readonly digests: readonly string[] } {
  let head: string | undefined;
  const digests: string[] = [];
  forEachLine(file, (bytes) => {
    if (head === undefined) head = bytes.toString('utf8');
    else digests.push(createHash('sha256').update(bytes).digest('hex'));
  });
  return { head: head ?? '', digests };
}

/** The same, in whatever order its members stand. */
function isSame(found: string, head: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(found), JSON.parse(head));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return false;
    throw thrown;
  }
}
