import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import {
  type Adapter,
  AllocertError,
  ConnectionLost,
  hexOf,
  type Transcript,
} from '../../adapters/contract/index.ts';
import { repeatIfLost } from '../../adapters/contract/repeat-if-lost.ts';
import { packageVersion } from '../../base/package-root.ts';
import { type Abi, abiNamed, type Profile, profilesOf } from '../../catalogue/catalogue.ts';
import { checkFixes, profileOn } from '../../catalogue/known.ts';
import type {
  CaseFinish,
  CaseStart,
  Notice,
  RunEnd,
  RunStart,
} from '../../reports/record/journal-lines.ts';
import { RECORD_VERSION, type Shard } from '../../reports/record/record.ts';
import type { Case } from '../kit/case.ts';
import { type CaseOutcome, judge } from './judge.ts';
import { runCase, whyNot } from './run-case.ts';
import { casesOfRun, profilesOfRun, requirementsOfRun } from './run-facts.ts';
import { decidingProfile, inOrder, selectCases } from './select.ts';
import { inShard } from './shard.ts';
import { TargetSessions } from './target-sessions.ts';

/** Options of a run, and the functions that are called as it goes on. */
export interface RunOptions {
  readonly adapter: Adapter;
  /** The profile that decides; the target's ABI has a default. */
  readonly profile?: string;
  /** Case or requirement ids; empty for all. */
  readonly only: readonly string[];
  /** Runs only the cases that belong to one part of the run. */
  readonly shard?: Pick<Shard, 'index' | 'count'>;
  /** Exactly these cases, by id; left out: what `only` leaves. */
  readonly cases?: readonly string[];
  /** Puts the ids of the cases into another order than the catalogue's. */
  readonly order?: (ids: readonly string[]) => readonly string[];
  readonly retries?: Retries;
  readonly seed?: bigint;
  /** Fixes that the target is said to have: what is known of it without them is excused no more. */
  readonly fixed?: readonly string[];
  /** Stops the run between two cases. */
  readonly signal?: AbortSignal;
  onStart(line: RunStart): void;
  onCaseStart(line: CaseStart): void;
  onCaseEnd(line: CaseFinish): void;
  onNotice(line: Notice): void;
  /** Asked after each case and its retries: whether no other is to run. */
  readonly shouldStop?: () => boolean;
}

/** Which cases run again, each time in a session of their own. */
export interface Retries {
  readonly max: number;
  /** Whether the end of a case calls for another run of it. */
  shouldRetry(finish: CaseFinish): boolean;
}

/** Sessions that a run opens anew because the kernel complained; a fresh guest takes a while. */
const RENEWALS_MAX = 10;

/** Restarts of a dead target before the run gives up. */
const RESTARTS_MAX = 10;

/**
 * Runs the suites on a target: containment, judging and order, nothing else. A case that kills the
 * target gets its verdict, the target is opened again, and the run goes on. A case during which
 * only the connection was lost is repeated.
 *
 * @returns the last line of the journal
 * @throws {@link AllocertError} when nothing could be run at all, or for what the user asked
 */
export async function runSuites(options: RunOptions): Promise<RunEnd> {
  const started = performance.now();
  const run = await Run.open(options);
  const reason = await run.allCases();
  return {
    type: 'run-end',
    endedAt: new Date().toISOString(),
    durationMs: Math.round(performance.now() - started),
    complete: reason === '',
    reason,
  };
}

/** One run of a case; `broken` says why no other can run. */
interface Attempt {
  readonly outcome: CaseOutcome;
  readonly transcript: Transcript;
  readonly broken?: AllocertError;
}

class Run {
  readonly #options: RunOptions;
  readonly #cases: readonly Case[];
  readonly #shard: Shard | undefined;
  readonly #profiles: readonly Profile[];
  readonly #abi: Abi;
  readonly #sessions: TargetSessions;
  #restarts = 0;
  /** Sessions that were closed because the kernel had complained. */
  #renewals = 0;
  /** The last start of the target that failed and was repeated. */
  #failedStart: string | undefined;

  private constructor(options: RunOptions, sessions: TargetSessions, profile: Profile) {
    this.#options = options;
    this.#sessions = sessions;
    this.#abi = abiNamed(profile.abi);
    const { fixed = [] } = options;
    const profiles = profilesOf(profile.abi);
    checkFixes(fixed, profiles);
    const release = sessions.facts.kernel?.release;
    this.#profiles = profiles.map((one) => profileOn(one, { release, fixed }));
    const { only, order, shard, cases: exactly } = options;
    const cases = inOrder(selectCases(profile.abi, only, exactly), order);
    this.#cases = cases.filter(({ id }) => inShard(id, shard));
    this.#shard = shard === undefined ? shard : { ...shard, cases: cases.map(({ id }) => id) };
    options.onStart(this.#startLine(profile));
  }

  static async open(options: RunOptions): Promise<Run> {
    const sessions = await TargetSessions.open(options.adapter);
    try {
      return new Run(options, sessions, decidingProfile(options.profile, sessions.facts));
    } catch (thrown) {
      await sessions.close();
      throw thrown;
    }
  }

  #startLine(profile: Profile): RunStart {
    const { fixed = [] } = this.#options;
    const seed = this.#options.seed ?? randomBytes(8).readBigUInt64LE();
    return {
      type: 'run-start',
      version: RECORD_VERSION,
      allocert: packageVersion(),
      startedAt: new Date().toISOString(),
      target: this.#options.adapter.url,
      facts: this.#sessions.facts,
      profile: profile.name,
      profiles: profilesOfRun(this.#profiles),
      requirements: requirementsOfRun(this.#abi),
      cases: casesOfRun(this.#cases),
      partial: this.#options.only.length > 0,
      ...(fixed.length === 0 ? {} : { fixed }),
      seed: hexOf(seed),
      ...(this.#shard === undefined ? {} : { shard: this.#shard }),
    };
  }

  /** Why the run stopped early; empty when it did not. */
  async allCases(): Promise<string> {
    try {
      for (const case_ of this.#cases) {
        // A target in this process never waits; without this no signal or timer would be heard.
        await setImmediate();
        if (this.#options.signal?.aborted === true) return 'the run was interrupted';
        await this.#withRetries(case_);
        if (this.#options.shouldStop?.() === true && case_ !== this.#cases.at(-1)) {
          return `${case_.id} failed, and --fail-fast ends the run there`;
        }
        if (this.#restarts > RESTARTS_MAX) {
          return `the target died or was lost ${this.#restarts} times; mend that first`;
        }
      }
      return '';
    } catch (thrown) {
      if (thrown instanceof AllocertError) return thrown.message;
      throw thrown;
    } finally {
      await this.#sessions.close();
    }
  }

  /** Every run of a case is in the journal; the record combines them. */
  async #withRetries(case_: Case): Promise<void> {
    const { max, shouldRetry } = this.#options.retries ?? { max: 0, shouldRetry: () => false };
    for (let retry = 0; ; retry += 1) {
      const finish = await this.#finish(case_);
      if (retry === max || !shouldRetry(finish) || this.#options.signal?.aborted === true) return;
      if (this.#restarts > RESTARTS_MAX) return;
      // What an earlier run left in the session must not decide the next one.
      await this.#sessions.close();
    }
  }

  async #finish(case_: Case): Promise<CaseFinish> {
    this.#options.onCaseStart({ type: 'case-start', case: case_.id });
    const started = performance.now();
    const { outcome, transcript, broken } = await this.#confirmed(case_);
    const finish: CaseFinish = {
      type: 'case-end',
      case: case_.id,
      end: outcome.end,
      reason: outcome.reason,
      durationMs: Math.round(performance.now() - started),
      verdicts: judge(case_, outcome, this.#profiles),
      ...whyNot(outcome),
      transcript,
    };
    this.#options.onCaseEnd(finish);
    if (broken !== undefined) throw broken;
    if (outcome.end !== 'crash' && outcome.end !== 'hang') {
      if (outcome.alarms.length > 0) await this.#renew(case_);
      return finish;
    }
    this.#notice(`${case_.id} ended in a ${outcome.end}: ${outcome.reason}`);
    this.#restarts += 1;
    await this.#sessions.close();
    return finish;
  }

  /**
   * A kernel that complained is damaged, and may say nothing of the next defect: what runs next has
   * a fresh one, where the adapter starts it.
   */
  async #renew(case_: Case): Promise<void> {
    if (this.#renewals === RENEWALS_MAX) return;
    this.#renewals += 1;
    const more = this.#renewals === RENEWALS_MAX ? ', for the last time' : '';
    this.#notice(`the target is opened again after ${case_.id}: the kernel complained${more}`);
    await this.#sessions.close();
  }

  /**
   * A case that hung runs once more: a call that is late on a starved machine cannot be told from
   * one that never returns. Only what hangs twice, or hangs while the kernel complains, hangs.
   */
  async #confirmed(case_: Case): Promise<Attempt> {
    const first = await this.#repeatedIfLost(case_);
    const { end, reason, alarms } = first.outcome;
    if (end !== 'hang' || alarms.length > 0 || first.broken !== undefined) return first;
    if (this.#options.signal?.aborted === true) return first;
    this.#notice(`${case_.id} is repeated because it seems to hang: ${reason}`);
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
  #repeatedIfLost(case_: Case): Promise<Attempt> {
    return repeatIfLost(
      (repeated) => (repeated ? this.#lastAttempt(case_) : this.#runOnce(case_, false)),
      async ({ message }) => {
        this.#notice(`${case_.id} is repeated because the connection was lost: ${message}`);
        await this.#sessions.lose();
      },
    );
  }

  async #lastAttempt(case_: Case): Promise<Attempt> {
    try {
      return await this.#runOnce(case_, true);
    } catch (thrown) {
      if (!(thrown instanceof ConnectionLost || thrown instanceof AllocertError)) throw thrown;
      await this.#sessions.close();
      const reason = `the connection to the target was lost: ${thrown.message}`;
      const outcome = { end: 'inconclusive', reason, observations: [], alarms: [] } as const;
      const transcript = { caseId: case_.id, entries: [] };
      if (thrown instanceof AllocertError) return { outcome, transcript, broken: thrown };
      this.#restarts += 1;
      return { outcome, transcript };
    }
  }

  async #runOnce(case_: Case, last: boolean): Promise<Attempt> {
    const session = await this.#sessions.live();
    const { failedStart } = session.facts.details;
    if (failedStart !== undefined && failedStart !== this.#failedStart) {
      this.#failedStart = failedStart;
      this.#notice(
        `the target was started twice for ${case_.id}, the first failed: ${failedStart}`,
      );
    }
    const outcome = await runCase(session, this.#abi, case_, last);
    return { outcome, transcript: session.transcript };
  }

  #notice(message: string): void {
    this.#options.onNotice({ type: 'notice', message });
  }
}
