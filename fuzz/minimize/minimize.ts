import type { RoundRunner, RoundRunnerOptions } from '../execute/round-runner.ts';
import { PARALLEL } from '../generate/mode-selection.ts';
import { type GeneratorContext, operationsIn, type Scenario } from '../generate/scenario.ts';
import { signatureOf } from '../judge/judge-scenario.ts';
import { type Detection, type Round, signaturesOf, violationIn } from '../judge/round-report.ts';
import { type Cause, type Finding, isSameCause, tokenOf } from '../record/finding.ts';
import { redactFinding } from '../record/redact-finding.ts';
import { facesOf } from './faces.ts';
import { findSchedule, SCHEDULES_TRIED } from './find-schedule.ts';
import { type RunningAgain, runningAgain } from './fresh-target.ts';
import { inOrderOfCalls } from './one-thread.ts';
import { sharedPage, withFrames } from './shared-page.ts';
import { type Shrunk, shrink } from './shrink.ts';

/** The origin that a finding names, and how far it is shrunk. */
export interface MinimizeOptions
  extends Pick<RoundRunnerOptions, 'adapter' | 'version' | 'seed' | 'strict'> {
  /** Candidates that shrinking one finding may run. */
  readonly shrinkBudget: number;
}

/** Runs that must all give one cause of a violation. */
const CAUSE_RUNS = 2;

/** The smallest scenario of a violation, how often it shows, and what else it shows. */
interface Minimal {
  readonly scenario: Scenario;
  /** The last run that showed it. */
  readonly last: Round;
  readonly reproduced: Finding['reproduced'];
  readonly faces: readonly string[];
  readonly cause: Cause | undefined;
}

/**
 * Makes a finding of a detection: shrinks the scenario under the same violation, runs what is left
 * again to say how often it shows, and looks what else it always shows. What may have spoilt the
 * target is run on fresh ones.
 *
 * @param runner of the target; it is left afterwards
 * @param allowedMs milliseconds after which nothing more is tried; undefined: no limit
 * @throws {@link AllocertError} when the target cannot be reached any more
 */
export async function minimize(
  runner: RoundRunner,
  detection: Detection,
  options: MinimizeOptions,
  allowedMs?: number,
): Promise<Finding> {
  const { index, round, snapshot, violation } = detection;
  const { adapter, seed, version } = options;
  const { facts, generator, rules } = await runner.context();
  const search = new MinimalSearch(runner, detection, options.shrinkBudget, {
    ...runningAgain(facts, violation),
    generator,
    end: allowedMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + allowedMs,
  });
  const { cause, faces, last, reproduced, scenario: minimal } = await search.run();
  await runner.leave();
  const signature = signatureOf(violation);
  const { detail, events } = violationIn(last, signature) ?? violation;
  const origin = {
    ...{ allocert: version, seed, round: index },
    ...(snapshot === undefined ? {} : { corpus: snapshot }),
  };
  return redactFinding({
    version: 1,
    signature,
    oracle: violation.oracle,
    requirement: violation.requirement,
    kind: violation.kind,
    detail,
    mode: round.scenario.mode,
    target: adapter.url,
    facts,
    profile: rules.profile.name,
    ...(options.strict === true ? { strict: true } : {}),
    origin,
    token: tokenOf(origin),
    programs: round.scenario.programs,
    minimal: minimal.programs,
    histories: last.histories,
    ...(last.log === undefined ? {} : { log: last.log }),
    ...(faces.length === 0 ? {} : { faces }),
    ...(cause === undefined ? {} : { cause }),
    ...(reproduced === undefined ? {} : { reproduced }),
    proof: events.map(({ index: at, program, thread }) => ({ program, thread, index: at })),
  });
}

/** How candidates are run, until when, and on what. */
interface SearchFacts extends RunningAgain {
  readonly end: number;
  readonly generator: GeneratorContext;
}

class MinimalSearch {
  readonly #runner: RoundRunner;
  readonly #round: Round;
  readonly #signature: string;
  readonly #budget: number;
  readonly #how: SearchFacts;
  /** The run that showed it last. */
  #shown: Round | undefined;

  constructor(
    runner: RoundRunner,
    { round, violation }: Detection,
    budget: number,
    how: SearchFacts,
  ) {
    this.#runner = runner;
    this.#round = round;
    this.#signature = signatureOf(violation);
    this.#budget = Math.min(budget, how.candidates);
    this.#how = how;
  }

  async run(): Promise<Minimal> {
    const round = this.#round;
    const found =
      round.scenario.mode === PARALLEL
        ? await findSchedule(round.scenario, (candidate) => this.#shows(candidate))
        : round.scenario;
    if (found === undefined) {
      const reproduced = { times: 0, of: SCHEDULES_TRIED };
      return { scenario: round.scenario, last: round, reproduced, faces: [], cause: undefined };
    }
    if (this.#how.bears === true) return this.#proved(found);
    const { scenario: shrunk } = await this.#shrunk(found, this.#how.end);
    const scenario = await this.#withoutRace(shrunk);
    const smallest = this.#shown?.scenario === scenario ? this.#shown : round;
    const again = await this.#repeated(scenario);
    const last = again.shown.at(-1) ?? smallest;
    const reproduced = again.of === 0 ? undefined : { times: again.shown.length, of: again.of };
    const faces = await facesOf(scenario, again.shown, {
      signature: this.#signature,
      run: (candidate) => this.#run(candidate),
      budget: this.#how.candidates === Number.POSITIVE_INFINITY ? this.#budget : 0,
      enough: () => this.#isLate,
    });
    const cause = again.shown.length === 0 ? undefined : await this.#cause(scenario, last);
    return { scenario, last, reproduced, faces, cause };
  }

  #shrunk(scenario: Scenario, end: number): Promise<Shrunk> {
    return shrink(scenario, {
      shows: (candidate) => this.#shows(candidate),
      budget: this.#budget,
      enough: () => performance.now() >= end,
    });
  }

  /**
   * Shrinks in a target that has complained before. What was done to it may show in a candidate
   * that has no part in it, so that the smallest one counts only if a fresh target shows it too.
   * Half of the time is for that.
   */
  async #proved(found: Scenario): Promise<Minimal> {
    const half = (performance.now() + this.#how.end) / 2;
    this.#runner.bears = true;
    const { scenario: shrunk } = await this.#shrunk(found, half).finally(() => {
      this.#runner.bears = false;
    });
    const again = await this.#repeated(shrunk, true);
    const last = again.shown.at(-1);
    return last === undefined
      ? { scenario: found, last: this.#round, reproduced: undefined, faces: [], cause: undefined }
      : {
          ...{ scenario: shrunk, last, faces: [], cause: undefined },
          reproduced: { times: again.shown.length, of: again.of },
        };
  }

  /** The same operations in one thread of each client, where they show it in the same order too. */
  async #withoutRace(scenario: Scenario): Promise<Scenario> {
    if (scenario.programs.every(({ threads }) => threads.length < 2)) return scenario;
    if (this.#isLate || this.#how.candidates !== Number.POSITIVE_INFINITY) return scenario;
    const { histories } = await this.#run(scenario);
    const programs = inOrderOfCalls(scenario.programs, histories);
    if (programs === undefined) return scenario;
    const candidate = { ...scenario, programs };
    return (await this.#shows(candidate)) ? candidate : scenario;
  }

  /** Why it shows, if each run that tells page frames says the same. */
  async #cause(scenario: Scenario, last: Round): Promise<Cause | undefined> {
    const { candidates, generator } = this.#how;
    const own = violationIn(last, this.#signature);
    if (own?.oracle === 'exclusion') return sharedPage(last, own, generator);
    const canTell = generator.capabilities.has('frames') && generator.capabilities.has('memory');
    if (!canTell || candidates !== Number.POSITIVE_INFINITY) return undefined;
    const telling = withFrames(scenario, generator);
    let cause: Cause | undefined;
    for (let run = 0; run < CAUSE_RUNS && !this.#isLate; run += 1) {
      const round = await this.#run(telling);
      const violation = violationIn(round, this.#signature);
      const seen = violation === undefined ? undefined : sharedPage(round, violation, generator);
      if (seen === undefined || (run > 0 && !isSameCause(seen, cause))) return undefined;
      cause = seen;
    }
    return cause;
  }

  get #isLate(): boolean {
    return performance.now() >= this.#how.end;
  }

  async #run(scenario: Scenario): Promise<Round> {
    if (this.#how.fresh) await this.#runner.close();
    return this.#runner.attempt(scenario);
  }

  /** Without an operation nothing is asked of the target, and what shows then is no answer. */
  async #shows(candidate: Scenario): Promise<boolean> {
    if (operationsIn(candidate) === 0) return false;
    const round = await this.#run(candidate);
    if (!signaturesOf(round).includes(this.#signature)) return false;
    this.#shown = round;
    return true;
  }

  /**
   * Runs a scenario again and again, at least once if it is to be proved on fresh targets.
   *
   * @returns the runs that show it, and of how many
   */
  async #repeated(
    scenario: Scenario,
    isProof = false,
  ): Promise<{ shown: readonly Round[]; of: number }> {
    const shown: Round[] = [];
    let of = 0;
    for (; of < this.#how.repeats && (!this.#isLate || (isProof && of === 0)); of += 1) {
      if (isProof) await this.#runner.close();
      const again = await this.#run(scenario);
      if (signaturesOf(again).includes(this.#signature)) shown.push(again);
    }
    return { shown, of };
  }
}
