import type { History, Session } from '../../adapters/contract/index.ts';
import type { GeneratorContext, Scenario } from '../generate/scenario.ts';
import {
  type JudgingRules,
  judgeScenario,
  type Reading,
  readingOf,
} from '../judge/judge-scenario.ts';
import type { Round } from '../judge/round-report.ts';
import { serviceOf } from '../judge/service.ts';

/**
 * Runs a scenario as one case and judges it.
 *
 * @param look sees what the judge reads
 * @throws TargetDeath when the target died or no longer answers
 */
export async function runScenario(
  session: Session,
  generator: GeneratorContext,
  rules: JudgingRules,
  scenario: Scenario,
  look?: (reading: Reading) => void,
): Promise<Round> {
  return judged(generator, rules, scenario, await historiesOf(session, scenario), look);
}

/**
 * Runs a scenario as one case.
 *
 * @throws TargetDeath when the target died or no longer answers
 */
export async function historiesOf(
  session: Session,
  { mode, programs }: Scenario,
): Promise<readonly History[]> {
  const caseId = `fuzz/${mode}`;
  if (session.runCase !== undefined) return session.runCase(caseId, programs);
  await session.begin(caseId);
  const histories: History[] = [];
  for (const program of programs) histories.push(await session.run(program));
  return histories;
}

/** What a scenario that was run proves. */
export function judged(
  generator: GeneratorContext,
  rules: JudgingRules,
  scenario: Scenario,
  histories: readonly History[],
  look?: (reading: Reading) => void,
): Round {
  const reading = readingOf(generator, scenario, histories);
  look?.(reading);
  const service = serviceOf(generator, rules, reading);
  return {
    scenario,
    histories,
    violations: judgeScenario(generator, rules, scenario, histories, reading),
    suspicions: typeof service === 'object' ? [service] : [],
    ...(service === undefined ? {} : { granted: service === 'granted' }),
  };
}
