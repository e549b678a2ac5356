import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { History, Session } from '../adapters/contract/index.ts';
import type { Violation } from '../suites/oracles/index.ts';
import type { Mode } from './generate/modes.ts';
import { judge, type Rules } from './judge.ts';
import type { Scenario, World } from './scenario.ts';

/** A scenario that was run, and what it proves. */
export interface Round {
  readonly scenario: Scenario;
  readonly histories: readonly History[];
  readonly violations: readonly Violation[];
}

/** What a round is a function of, besides the target. */
export interface RoundOrigin {
  /** Version of allocert: generators change with it. */
  readonly version: string;
  readonly seed: bigint;
  readonly index: number;
}

/**
 * The scenario of a round: the same for the same version, seed and index, and the same modes.
 *
 * @throws RangeError when there is no mode
 */
export function scenarioOf(world: World, modes: readonly Mode[], origin: RoundOrigin): Scenario {
  const { version, seed, index } = origin;
  const digest = createHash('sha256').update(`${version} ${seed} ${index}`).digest();
  const mode = modes[digest.readUInt32LE(4) % modes.length];
  if (mode === undefined) throw new RangeError('a round needs a mode');
  const [scenario] = fc.sample(mode.scenarios(world), { seed: digest.readInt32LE(0), numRuns: 1 });
  if (scenario === undefined) throw new RangeError(`mode ${mode.name} generates nothing`);
  return scenario;
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

/** Operations of a scenario. */
export const operationsIn = ({ programs }: Scenario): number =>
  programs.flatMap(({ threads }) => threads).reduce((sum, one) => sum + one.operations.length, 0);
