import type { RoundRunner, RoundRunnerOptions } from '../execute/round-runner.ts';
import { DEATH } from '../execute/target-death.ts';
import { PARALLEL } from '../generate/mode-selection.ts';
import type { Scenario } from '../generate/scenario.ts';
import { signatureOf } from '../judge/judge-scenario.ts';
import type { Detection, Round } from '../judge/round-report.ts';
import { type Finding, tokenOf } from '../record/finding.ts';
import { redactFinding } from '../record/redact-finding.ts';
import { findSchedule, SCHEDULES_TRIED } from './find-schedule.ts';
import { shrink } from './shrink.ts';

/** The origin that a finding names, and how far it is shrunk. */
export interface MinimizeOptions
  extends Pick<RoundRunnerOptions, 'adapter' | 'version' | 'seed' | 'strict'> {
  /** Candidates that shrinking one finding may run. */
  readonly shrinkBudget: number;
}

/** Times that a finding is run again to say how often it shows. */
const REPEATS = 10;

/**
 * Makes a finding of a detection: shrinks the scenario under the same violation, and runs what is
 * left again to say how often it shows. The death of a target is not shrunk: each candidate could
 * cost a machine.
 *
 * @param runner of the target; it is left afterwards
 * @throws {@link AllocertError} when the target cannot be reached any more
 */
export async function minimize(
  runner: RoundRunner,
  { index, round, snapshot, violation }: Detection,
  options: MinimizeOptions,
): Promise<Finding> {
  const { adapter, seed, shrinkBudget, version } = options;
  const { facts, rules } = await runner.context();
  const signature = signatureOf(violation);
  const dead = violation.oracle === DEATH;
  const { scenario } = round;
  const shows = async (candidate: Scenario): Promise<boolean> =>
    hasSignature(await runner.attempt(candidate), signature);
  const found = scenario.mode === PARALLEL ? await findSchedule(scenario, shows) : scenario;
  const budget = dead || found === undefined ? 0 : shrinkBudget;
  const { scenario: minimal } = await shrink(found ?? scenario, { shows, budget });
  const { last, ...reproduced } =
    found === undefined
      ? { last: round, times: 0, of: SCHEDULES_TRIED }
      : await repeated(runner, minimal, { signature, round, of: dead ? 0 : REPEATS });
  await runner.leave();
  const { detail } = last.violations.find((one) => signatureOf(one) === signature) ?? violation;
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
    mode: scenario.mode,
    target: adapter.url,
    facts,
    profile: rules.profile.name,
    ...(options.strict === true ? { strict: true } : {}),
    origin,
    token: tokenOf(origin),
    programs: scenario.programs,
    minimal: minimal.programs,
    histories: last.histories,
    reproduced,
  });
}

const hasSignature = ({ violations }: Round, signature: string): boolean =>
  violations.some((one) => signatureOf(one) === signature);

/** How often a scenario shows a violation, and the last run that did. */
async function repeated(
  runner: RoundRunner,
  scenario: Scenario,
  { of, round, signature }: { of: number; round: Round; signature: string },
): Promise<{ times: number; of: number; last: Round }> {
  let times = 0;
  let last = round;
  for (let run = 0; run < of; run += 1) {
    const again = await runner.attempt(scenario);
    if (!hasSignature(again, signature)) continue;
    times += 1;
    last = again;
  }
  return { times, of, last };
}
