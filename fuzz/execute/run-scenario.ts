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
import { KernelEdges } from './kernel-edges.ts';

/**
 * Runs a scenario as one case and judges it.
 *
 * @param look sees what the judge reads, and the edges of the kernel's code that were taken
 * @throws TargetDeath when the target died or no longer answers
 */
export async function runScenario(
  session: Session,
  generator: GeneratorContext,
  rules: JudgingRules,
  scenario: Scenario,
  look?: (reading: Reading, edges: readonly string[]) => void,
): Promise<Round> {
  const ran = await ranOn(session, generator, scenario, look !== undefined);
  return judged(generator, rules, scenario, ran, look);
}

/** What the target answered to a scenario. */
export interface Ran {
  readonly histories: readonly History[];
  /** Edges of the kernel's code that it took, where they were asked for and the target tells them. */
  readonly edges: readonly string[];
}

/**
 * Runs a scenario as one case.
 *
 * @param asksEdges whether the edges of the kernel's code are wanted
 * @throws TargetDeath when the target died or no longer answers
 */
export async function ranOn(
  session: Session,
  generator: GeneratorContext,
  scenario: Scenario,
  asksEdges: boolean,
): Promise<Ran> {
  if (!asksEdges || generator.tellsEdges !== true) {
    return { histories: await historiesOf(session, scenario), edges: [] };
  }
  await session.begin(`fuzz/${scenario.mode}`);
  const edges = new KernelEdges(session, generator);
  await edges.begin();
  const ran: History[] = [];
  for (const program of scenario.programs) ran.push(await session.run(program));
  const taken = await edges.taken();
  return { histories: edges.heard(ran), edges: taken };
}

/**
 * Runs a scenario as one case, in one exchange where the session offers that.
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
  { edges, histories }: Ran,
  look?: (reading: Reading, edges: readonly string[]) => void,
): Round {
  const reading = readingOf(generator, scenario, histories);
  look?.(reading, edges);
  const service = serviceOf(generator, rules, reading);
  return {
    scenario,
    histories,
    violations: judgeScenario(generator, rules, scenario, histories, reading),
    suspicions: typeof service === 'object' ? [service] : [],
    ...(service === undefined ? {} : { granted: service === 'granted' }),
  };
}
