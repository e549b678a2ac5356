import type { Program } from '../../adapters/contract/index.ts';
import { growthOfAreas, SETTLING_US, timelineOf } from '../../oracles/index.ts';
import { READ_AREAS } from '../generate/scaffold.ts';
import { DEADLINE_MS, type Scenario } from '../generate/scenario.ts';
import { isPromised, signatureOf } from '../judge/judge-scenario.ts';
import type { Round } from '../judge/round-report.ts';
import type { CampaignContext } from '../plan/campaign-context.ts';

/** Times that a round is run again that left pages behind, and times that it must do so again. */
const TRIES = 6;
const PROOFS = 2;

/** A wait for what the kernel frees later, and another look. */
const SETTLING: Program = {
  threads: [
    { client: 'main', operations: [{ op: 'sleep', microseconds: SETTLING_US }, READ_AREAS] },
  ],
  deadlineMs: DEADLINE_MS,
};

/**
 * Looks whether a round left pages of CMA's areas behind: the exact accounting of a real kernel's
 * region. What it left is run again with a wait at its end, and counts if it is lost twice more.
 *
 * @param known signatures that need no proof any more
 * @param run runs a scenario on the same target
 * @returns the run that proves it, if one does
 */
export async function pagesLeftBy(
  { generator, rules }: CampaignContext,
  { histories, scenario }: Round,
  known: ReadonlySet<string>,
  run: (scenario: Scenario) => Promise<Round>,
): Promise<readonly Round[]> {
  if (generator.countsAreas !== true || !isPromised(rules.profile, 'LIF-09')) return [];
  if (histories.length !== scenario.programs.length || [...known].some(isPageLoss)) return [];
  if (growthOfAreas(timelineOf(scenario.programs, histories)) <= 0n) return [];
  const programs = [...scenario.programs, SETTLING];
  let proofs = 0;
  for (let tried = 0; tried < TRIES; tried += 1) {
    const round = await run({ ...scenario, programs });
    const violations = round.violations.filter((one) => isPageLoss(signatureOf(one)));
    if (violations.length === 0) continue;
    proofs += 1;
    if (proofs === PROOFS) return [{ ...round, violations, suspicions: [] }];
  }
  return [];
}

/** Whether a signature says that pages of an area stay taken. */
const isPageLoss = (signature: string): boolean => signature.startsWith('areas ');
