import type { History, Session } from '../adapters/contract/index.ts';
import type { Violation } from '../suites/oracles/index.ts';
import { judge, type Rules } from './judge.ts';
import type { Scenario, World } from './scenario.ts';

/** A scenario that was run, and what it proves. */
export interface Round {
  readonly scenario: Scenario;
  readonly histories: readonly History[];
  readonly violations: readonly Violation[];
}

/**
 * Runs a scenario as one case and judges it.
 *
 * @throws TargetDeath when the target died or no longer answers
 */
export async function runScenario(
  session: Session,
  world: World,
  rules: Rules,
  scenario: Scenario,
): Promise<Round> {
  await session.begin(`fuzz/${scenario.mode}`);
  const histories: History[] = [];
  for (const program of scenario.programs) histories.push(await session.run(program));
  return { scenario, histories, violations: judge(world, rules, scenario, histories) };
}
