import { createHash } from 'node:crypto';
import type { History } from './history.ts';
import type { Program } from './program.ts';
import { fromJson, historyFromJson, toJson } from './program-json.ts';
import { type Session, TargetDeath } from './session.ts';

/** One answer of the target, in the order in which it was asked. */
export type TranscriptEntry =
  | {
      readonly kind: 'run';
      /** SHA-256 of the Program's text form: replay answers only what was really asked. */
      readonly digest: string;
      readonly program: Program;
      readonly history: History;
    }
  | {
      readonly kind: 'death';
      readonly digest: string;
      readonly program: Program;
      readonly manner: 'crash' | 'hang';
      readonly message: string;
      readonly log: readonly string[];
    };

/** Everything the bench answered one case: the evidence from which its verdicts follow. */
export interface Transcript {
  readonly caseId: string;
  readonly entries: readonly TranscriptEntry[];
}

/** The digest by which a recorded Program is recognised. */
export function programDigest(program: Program): string {
  return createHash('sha256')
    .update(JSON.stringify(toJson(program)))
    .digest('hex');
}

/** A transcript entry from its text form. */
export function entryFromJson(json: object): TranscriptEntry {
  const entry = json as TranscriptEntry;
  const program = fromJson(entry.program) as Program;
  if (entry.kind === 'death') return { ...entry, program };
  return { ...entry, program, history: historyFromJson(entry.history) };
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

  /** What was answered since the last `begin`. */
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
