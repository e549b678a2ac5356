import {
  type Adapter,
  machineError,
  RecordingSession,
  type TargetFacts,
} from '../../adapters/contract/index.ts';
import { isSameTarget } from './identity.ts';

/** The sessions of a run, one after the other: the next is opened when a case needs it. */
export class TargetSessions {
  /** Facts of the target that answered first. */
  readonly facts: TargetFacts;
  readonly #adapter: Adapter;
  #session: RecordingSession | undefined;
  /** Whether the next session may be on another target than the first. */
  #mayBeAnother: boolean;

  private constructor(adapter: Adapter, facts: TargetFacts, session?: RecordingSession) {
    this.#adapter = adapter;
    this.#session = session;
    this.#mayBeAnother = session === undefined;
    this.facts = facts;
  }

  /** @throws {@link AllocertError} when the target cannot be reached */
  static async open(adapter: Adapter): Promise<TargetSessions> {
    const session = new RecordingSession(await adapter.open());
    return new TargetSessions(adapter, session.facts, session);
  }

  /** Sessions by another adapter, which must lead to a target that says the same of itself. */
  onAnother(adapter: Adapter): TargetSessions {
    return new TargetSessions(adapter, this.facts);
  }

  /**
   * The session that there is, or a new one. Verdicts of two targets make no report.
   *
   * @throws {@link AllocertError} when the target cannot be reached, or another answers
   */
  async live(): Promise<RecordingSession> {
    if (this.#session !== undefined) return this.#session;
    const session = new RecordingSession(await this.#adapter.open());
    if (this.#mayBeAnother && !isSameTarget(session.facts, this.facts)) {
      await session.close();
      throw machineError('another target answers than before; run it again from the beginning');
    }
    this.#session = session;
    return session;
  }

  /** Ends the session; the next case has a new one, and a target of its own a fresh one. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  /** As {@link close}, once the way to the target broke: another target may answer then. */
  async lose(): Promise<void> {
    this.#mayBeAnother = true;
    await this.close();
  }
}
