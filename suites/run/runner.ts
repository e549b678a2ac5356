import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type Adapter, AllocertError, hexOf } from '../../adapters/contract/index.ts';
import { messageOf } from '../../base/errors.ts';
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
import { Job, type JobEvents } from './job.ts';
import { judge } from './judge.ts';
import { whyNot } from './run-case.ts';
import { casesOfRun, profilesOfRun, requirementsOfRun } from './run-facts.ts';
import { decidingProfile, inOrder, selectCases } from './select.ts';
import { inShard } from './shard.ts';
import { TargetSessions } from './target-sessions.ts';

/** Options of a run, and the functions that are called as it goes on. */
export interface RunOptions {
  readonly adapter: Adapter;
  /**
   * Open targets of the same URL, which share the cases with the first: as many cases run at once
   * as there are targets. Whoever opened them closes them.
   */
  readonly others?: readonly Adapter[];
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

class Run {
  readonly #options: RunOptions;
  readonly #cases: readonly Case[];
  readonly #shard: Shard | undefined;
  readonly #profiles: readonly Profile[];
  readonly #abi: Abi;
  readonly #sessions: TargetSessions;
  readonly #jobs: readonly Job[];
  /** Cases that a job has taken. */
  #taken = 0;
  /** Why no job takes another case; empty while they go on. */
  #stopped = '';
  #restarts = 0;
  /** Sessions that were closed because the kernel had complained. */
  #renewals = 0;

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
    this.#jobs = [sessions, ...(options.others ?? []).map((one) => sessions.onAnother(one))].map(
      (own) => new Job(own, this.#abi, this.#events()),
    );
    options.onStart(this.#startLine(profile));
  }

  #events(): JobEvents {
    return {
      notice: (message) => this.#notice(message),
      restarted: () => {
        this.#restarts += 1;
      },
      mayRepeat: () => this.#options.signal?.aborted !== true,
    };
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
    const ends = await Promise.allSettled(this.#jobs.map((job) => this.#work(job)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return this.#stopped;
  }

  /** Takes one case after the other, until none is left or something stops the run. */
  async #work(job: Job): Promise<void> {
    try {
      for (;;) {
        // A target in this process never waits; without this no signal or timer would be heard.
        await setImmediate();
        const case_ = this.#cases[this.#taken];
        if (case_ === undefined || this.#stopped !== '') return;
        if (this.#options.signal?.aborted === true) {
          this.#stopped = 'the run was interrupted';
          return;
        }
        this.#taken += 1;
        await this.#withRetries(job, case_);
        this.#stopAfter(case_);
      }
    } catch (thrown) {
      this.#stopped ||= messageOf(thrown);
      if (!(thrown instanceof AllocertError)) throw thrown;
    } finally {
      await job.close();
    }
  }

  #stopAfter({ id }: Case): void {
    if (this.#stopped !== '') return;
    if (this.#options.shouldStop?.() === true && this.#taken < this.#cases.length) {
      this.#stopped = `${id} failed, and --fail-fast ends the run there`;
    } else if (this.#restarts > RESTARTS_MAX) {
      this.#stopped = `the target died or was lost ${this.#restarts} times; mend that first`;
    }
  }

  /** Every run of a case is in the journal; the record combines them. */
  async #withRetries(job: Job, case_: Case): Promise<void> {
    const { max, shouldRetry } = this.#options.retries ?? { max: 0, shouldRetry: () => false };
    for (let retry = 0; ; retry += 1) {
      const finish = await this.#finish(job, case_);
      if (retry === max || !shouldRetry(finish) || this.#options.signal?.aborted === true) return;
      if (this.#restarts > RESTARTS_MAX) return;
      // What an earlier run left in the session must not decide the next one.
      await job.close();
    }
  }

  async #finish(job: Job, case_: Case): Promise<CaseFinish> {
    const isAlone = this.#jobs.length === 1;
    const begin = (): void => this.#options.onCaseStart({ type: 'case-start', case: case_.id });
    if (isAlone) begin();
    const started = performance.now();
    const { outcome, transcript, broken } = await job.attempt(case_);
    // A journal has its cases one after the other, in the order in which they end.
    if (!isAlone) begin();
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
      if (outcome.alarms.length > 0) await this.#renew(job, case_);
      return finish;
    }
    this.#notice(`${case_.id} ended in a ${outcome.end}: ${outcome.reason}`);
    this.#restarts += 1;
    await job.close();
    return finish;
  }

  /**
   * A kernel that complained is damaged, and may say nothing of the next defect: what runs next has
   * a fresh one, where the adapter starts it.
   */
  async #renew(job: Job, case_: Case): Promise<void> {
    if (this.#renewals === RENEWALS_MAX) return;
    this.#renewals += 1;
    const more = this.#renewals === RENEWALS_MAX ? ', for the last time' : '';
    this.#notice(`the target is opened again after ${case_.id}: the kernel complained${more}`);
    await job.close();
  }

  #notice(message: string): void {
    this.#options.onNotice({ type: 'notice', message });
  }
}
