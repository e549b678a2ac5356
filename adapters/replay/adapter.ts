import { usageError } from '../../base/errors.ts';
import { historyViolation } from '../contract/history-violation.ts';
import type { Adapter, History, Program, Session, TargetFacts } from '../contract/index.ts';
import {
  BEGINNING,
  NotRecorded,
  programDigest,
  TargetDeath,
  type TranscriptEntry,
} from '../contract/index.ts';
import { type Recording, readRecording } from './recording.ts';

const SCHEME = 'replay:';

/**
 * A target that answers from the evidence of an earlier run. Only `evidence.ndjson` is read, and
 * the target that it names is never opened. A case that was recorded several times is answered as
 * it was the first time, then as the second time, and so on: who retries sees what was seen then.
 *
 * @param url `replay:DIR`, where DIR is a report directory
 * @throws {@link AllocertError} (usage) when there is no evidence or a line of it is damaged
 */
export async function openReplay(url: string): Promise<Adapter> {
  const directory = url.slice(SCHEME.length);
  if (directory === '') {
    throw usageError(`${SCHEME} names no directory; give one, such as ${SCHEME}allocert-report`);
  }
  const recording = readRecording(directory);
  const begun = new Map<string, number>();
  return {
    url,
    open: async () => new ReplaySession(recording, begun),
    close: async () => {},
  };
}

class ReplaySession implements Session {
  readonly facts: TargetFacts;
  readonly #recording: Recording;
  /** How often each case began, in any session. */
  readonly #begun: Map<string, number>;
  #caseId = '';
  #entries: readonly TranscriptEntry[] | undefined;
  #position = 0;

  constructor(recording: Recording, begun: Map<string, number>) {
    const { facts, seed, target } = recording;
    const details = { ...facts.details, replay: 'yes', 'replay-of': target, 'replay-seed': seed };
    this.facts = { ...facts, details };
    this.#recording = recording;
    this.#begun = begun;
  }

  /** An unrecorded case is no error yet: it may need nothing of the target. */
  async begin(caseId: string): Promise<void> {
    this.#caseId = caseId;
    const times = this.#begun.get(caseId) ?? 0;
    this.#begun.set(caseId, times + 1);
    this.#entries = this.#recording.entriesOf(caseId, times);
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
