import { usageError } from '../../base/errors.ts';
import { historyViolation } from '../contract/history-violation.ts';
import {
  BEGINNING,
  type History,
  NotRecorded,
  type Program,
  programDigest,
  type Session,
  TargetDeath,
  type TargetFacts,
  type TranscriptEntry,
} from '../contract/index.ts';

/** Answers by position, each only to the Program that was recorded there. */
export class ReplaySession implements Session {
  readonly facts: TargetFacts;
  readonly #runOf: (caseId: string) => readonly TranscriptEntry[] | undefined;
  #caseId = '';
  #entries: readonly TranscriptEntry[] | undefined;
  #position = 0;

  /** @param runOf the recorded answers to a case that begins; undefined where it has none */
  constructor(
    facts: TargetFacts,
    runOf: (caseId: string) => readonly TranscriptEntry[] | undefined,
  ) {
    this.facts = facts;
    this.#runOf = runOf;
  }

  /** How many answers of the case were asked for so far. */
  get position(): number {
    return this.#position;
  }

  /** An unrecorded case is no error yet: it may need nothing of the target. */
  async begin(caseId: string): Promise<void> {
    this.#caseId = caseId;
    this.#entries = this.#runOf(caseId);
    this.#position = 0;
    if (this.#entries?.[0]?.digest === programDigest(BEGINNING)) await this.run(BEGINNING);
  }

  async run(program: Program): Promise<History> {
    const entry = this.#nextEntry();
    const asked = programDigest(program);
    if (entry.digest !== asked) {
      throw new NotRecorded(
        `${this.#caseId} asks for something else at position ${this.#position} than was recorded ` +
          `(${asked.slice(0, 12)}, recorded ${entry.digest.slice(0, 12)})`,
      );
    }
    if (entry.kind === 'death') throw new TargetDeath(entry.manner, entry.message, entry.log);
    const violation = historyViolation(entry.history, program);
    if (violation === undefined) return entry.history;
    throw usageError(
      `the evidence of ${this.#caseId} was changed: at position ${this.#position}, ${violation}`,
    );
  }

  #nextEntry(): TranscriptEntry {
    if (this.#entries === undefined) throw new NotRecorded(`${this.#caseId} was not recorded`);
    const entry = this.#entries[this.#position];
    this.#position += 1;
    if (entry !== undefined) return entry;
    throw new NotRecorded(
      `${this.#caseId} asks for position ${this.#position}, ` +
        `but only ${this.#entries.length} were recorded`,
    );
  }

  async close(): Promise<void> {}
}
