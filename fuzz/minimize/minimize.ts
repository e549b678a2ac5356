import type { Violation } from '../../oracles/index.ts';
import type { RoundRunner, RoundRunnerOptions } from '../execute/round-runner.ts';
import { PARALLEL } from '../generate/mode-selection.ts';
import { operationsIn, type Scenario } from '../generate/scenario.ts';
import { signatureOf } from '../judge/judge-scenario.ts';
import { type Detection, type Round, signaturesOf } from '../judge/round-report.ts';
import { type Finding, tokenOf } from '../record/finding.ts';
import { redactFinding } from '../record/redact-finding.ts';
import { facesOf } from './faces.ts';
import { findSchedule, SCHEDULES_TRIED } from './find-schedule.ts';
import { type RunningAgain, runningAgain } from './fresh-target.ts';
import { shrink } from './shrink.ts';

/** The origin that a finding names, and how far it is shrunk. */
export interface MinimizeOptions
  extends Pick<RoundRunnerOptions, 'adapter' | 'version' | 'seed' | 'strict'> {
  /** Candidates that shrinking one finding may run. */
  readonly shrinkBudget: number;
}

/** The smallest scenario of a violation, how often it shows, and what else it shows. */
interface Minimal {
  readonly scenario: Scenario;
  /** The last run that showed it. */
  readonly last: Round;
  readonly reproduced: Finding['reproduced'];
  readonly faces: readonly string[];
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
  const { facts, rules } = await runner.context();
  const search = new MinimalSearch(runner, detection, options.shrinkBudget, {
    ...runningAgain(facts, violation),
    end: allowedMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + allowedMs,
  });
  const { faces, last, reproduced, scenario: minimal } = await search.run();
  await runner.leave();
  const signature = signatureOf(violation);
  const { detail } = violationIn(last, signature) ?? violation;
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
    ...(reproduced === undefined ? {} : { reproduced }),
  });
}

const violationIn = (
  { suspicions = [], violations }: Round,
  signature: string,
): Violation | undefined =>
  [...violations, ...suspicions].find((one) => signatureOf(one) === signature);

class MinimalSearch {
  readonly #runner: RoundRunner;
  readonly #round: Round;
  readonly #signature: string;
  readonly #budget: number;
  readonly #how: RunningAgain & { readonly end: number };
  /** The run that showed it last. */
  #shown: Round | undefined;

  constructor(
    runner: RoundRunner,
    { round, violation }: Detection,
    budget: number,
    how: RunningAgain & { readonly end: number },
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
      return { scenario: round.scenario, last: round, reproduced, faces: [] };
    }
    const { scenario } = await shrink(found, {
      shows: (candidate) => this.#shows(candidate),
      budget: this.#budget,
      enough: () => this.#isLate,
    });
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
    return { scenario, last, reproduced, faces };
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

  /** Runs a scenario again and again: the runs that show it, and of how many. */
  async #repeated(scenario: Scenario): Promise<{ shown: readonly Round[]; of: number }> {
    const shown: Round[] = [];
    let of = 0;
    for (; of < this.#how.repeats && !this.#isLate; of += 1) {
      const again = await this.#run(scenario);
      if (signaturesOf(again).includes(this.#signature)) shown.push(again);
    }
    return { shown, of };
  }
}
