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
  await session.begin(`fuzz/${scenario.mode}`);
  const edges = new KernelEdges(session, generator);
  if (look !== undefined) await edges.begin();
  const ran: History[] = [];
  for (const program of scenario.programs) ran.push(await session.run(program));
  const taken = look === undefined ? [] : await edges.taken();
  const histories = edges.heard(ran);
  const reading = readingOf(generator, scenario, histories);
  look?.(reading, taken);
  const service = serviceOf(generator, rules, reading);
  return {
    scenario,
    histories,
    violations: judgeScenario(generator, rules, scenario, histories, reading),
    suspicions: typeof service === 'object' ? [service] : [],
    ...(service === undefined ? {} : { granted: service === 'granted' }),
  };
}
