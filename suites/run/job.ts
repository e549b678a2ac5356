import { AllocertError, ConnectionLost, type Transcript } from '../../adapters/contract/index.ts';
import { repeatIfLost } from '../../adapters/contract/repeat-if-lost.ts';
import type { Abi } from '../../catalogue/catalogue.ts';
import type { Case } from '../kit/case.ts';
import type { CaseOutcome } from './judge.ts';
import { runCase } from './run-case.ts';
import type { TargetSessions } from './target-sessions.ts';

/** One run of a case; `broken` says why no other can run. */
export interface CaseAttempt {
  readonly outcome: CaseOutcome;
  readonly transcript: Transcript;
  readonly broken?: AllocertError;
}

/** What jobs tell the run that they are part of. */
export interface JobEvents {
  notice(message: string): void;
  /** The target died or was lost, and the next case starts it again. */
  restarted(): void;
  /** Whether a case may run once more. */
  mayRepeat(): boolean;
}

/**
 * Runs cases one after the other on a target that it has for itself. A case that is interrupted by
 * something beside it runs again before it counts.
 */
export class Job {
  readonly #sessions: TargetSessions;
  readonly #abi: Abi;
  readonly #events: JobEvents;
  /** The last start of the target that failed and was repeated. */
  #failedStart: string | undefined;

  constructor(sessions: TargetSessions, abi: Abi, events: JobEvents) {
    this.#sessions = sessions;
    this.#abi = abi;
    this.#events = events;
  }

  /** Ends the session; the next case has a new one, and a target of its own a fresh one. */
  close(): Promise<void> {
    return this.#sessions.close();
  }

  /**
   * A case that hung runs once more: a call that is late on a starved machine cannot be told from
   * one that never returns. Only what hangs twice, or hangs while the kernel complains, hangs.
   */
  async attempt(case_: Case): Promise<CaseAttempt> {
    const first = await this.#repeatedIfLost(case_);
    const { end, reason, alarms } = first.outcome;
    if (end !== 'hang' || alarms.length > 0 || first.broken !== undefined) return first;
    if (!this.#events.mayRepeat()) return first;
    this.#events.notice(`${case_.id} is repeated because it seems to hang: ${reason}`);
    await this.#sessions.close();
    try {
      const again = await this.#repeatedIfLost(case_);
      return again.broken === undefined ? again : { ...first, broken: again.broken };
    } catch (thrown) {
      if (thrown instanceof AllocertError) return { ...first, broken: thrown };
      throw thrown;
    }
  }

  /**
   * A case during which the connection was lost runs once more, from its beginning and on the same
   * target; what was observed before counts for nothing. A second loss, or a target that cannot be
   * reached again (`broken`), leaves it inconclusive.
   */
  #repeatedIfLost(case_: Case): Promise<CaseAttempt> {
    return repeatIfLost(
      (repeated) => (repeated ? this.#lastAttempt(case_) : this.#runOnce(case_, false)),
      async ({ message }) => {
        this.#events.notice(`${case_.id} is repeated because the connection was lost: ${message}`);
        await this.#sessions.lose();
      },
    );
  }

  async #lastAttempt(case_: Case): Promise<CaseAttempt> {
    try {
      return await this.#runOnce(case_, true);
    } catch (thrown) {
      if (!(thrown instanceof ConnectionLost || thrown instanceof AllocertError)) throw thrown;
      await this.#sessions.close();
      const reason = `the connection to the target was lost: ${thrown.message}`;
      const outcome = { end: 'inconclusive', reason, observations: [], alarms: [] } as const;
      const transcript = { caseId: case_.id, entries: [] };
      if (thrown instanceof AllocertError) return { outcome, transcript, broken: thrown };
      this.#events.restarted();
      return { outcome, transcript };
    }
  }

  async #runOnce(case_: Case, last: boolean): Promise<CaseAttempt> {
    const session = await this.#sessions.live();
    const { failedStart } = session.facts.details;
    if (failedStart !== undefined && failedStart !== this.#failedStart) {
      this.#failedStart = failedStart;
      this.#events.notice(
        `the target was started twice for ${case_.id}, the first failed: ${failedStart}`,
      );
    }
    const outcome = await runCase(session, this.#abi, case_, last);
    return { outcome, transcript: session.transcript };
  }
}
