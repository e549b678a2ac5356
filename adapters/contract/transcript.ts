import { createHash } from 'node:crypto';
import type { History } from './history.ts';
import type { Program } from './program.ts';
import { toJson } from './program-json.ts';
import { type Session, TargetDeath } from './session.ts';
import type { Transcript, TranscriptEntry } from './transcript-entry.ts';

/** The digest by which a recorded Program is recognised. */
export function programDigest(program: Program): string {
  return createHash('sha256')
    .update(JSON.stringify(toJson(program)))
    .digest('hex');
}

/** Stands in a transcript for `begin`, where a target died before the case could ask anything. */
export const BEGINNING: Program = { threads: [], deadlineMs: 0 };

/** A Session that passes everything on and keeps what came back. */
export class RecordingSession implements Session {
  readonly #session: Session;
  #caseId = '';
  #entries: TranscriptEntry[] = [];

  constructor(session: Session) {
    this.#session = session;
  }

  get facts(): Session['facts'] {
    return this.#session.facts;
  }

  /** The answers since the last `begin`. */
  get transcript(): Transcript {
    return { caseId: this.#caseId, entries: this.#entries };
  }

  async begin(caseId: string): Promise<void> {
    this.#caseId = caseId;
    this.#entries = [];
    await this.#watched(BEGINNING, () => this.#session.begin(caseId));
  }

  async run(program: Program): Promise<History> {
    const history = await this.#watched(program, () => this.#session.run(program));
    this.#entries.push({ kind: 'run', digest: programDigest(program), program, history });
    return history;
  }

  /** A death is an answer too. */
  async #watched<T>(program: Program, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      if (thrown instanceof TargetDeath) {
        const { manner, message, log } = thrown;
        const digest = programDigest(program);
        this.#entries.push({ kind: 'death', digest, program, manner, message, log });
      }
      throw thrown;
    }
  }

  async close(): Promise<void> {
    await this.#session.close();
  }
}
