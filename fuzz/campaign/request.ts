import { availableParallelism } from 'node:os';
import type { Adapter } from '../../adapters/contract/index.ts';
import { usageError } from '../../base/errors.ts';
import { packageVersion } from '../../base/package-root.ts';
import { redact } from '../../base/redact.ts';
import { namedTarget } from '../findings/stored-target.ts';
import { type ResumeState, resumableCampaign } from '../record/resume-state.ts';
import type { Budget } from './campaign.ts';

/** Candidates that shrinking one finding may run. */
export const SHRINK_BUDGET = 400;

/** A request for a campaign, from the command line and from its earlier parts. */
export interface FuzzRequest {
  readonly target: string;
  readonly seed: bigint;
  readonly budget: Budget;
  readonly modes: readonly string[];
  readonly profile: string | undefined;
  readonly memoryLimit: bigint;
  /** Rounds that see the same snapshot of the corpus. */
  readonly epochRounds: number;
}

/**
 * The request of a campaign that goes on: what it is stays as it was, and only its budget is new.
 *
 * @param typed the target as typed; undefined when none was
 * @throws {@link AllocertError} (usage) for a campaign of another version or on another target, and
 *   where a person must type the target
 */
export function resumedRequest(
  state: ResumeState,
  typed: string | undefined,
  budget: Budget,
): FuzzRequest {
  const campaign = resumableCampaign(state.campaign, packageVersion());
  if (typed !== undefined && redact(typed) !== campaign.target) {
    throw usageError(`the campaign is on ${campaign.target}; resume it there, or start another`);
  }
  return {
    target: typed ?? namedTarget(campaign.target, 'campaign', 'before --resume'),
    seed: BigInt(campaign.seed),
    budget,
    modes: campaign.modes,
    profile: campaign.profile,
    memoryLimit: BigInt(campaign.memoryLimit),
    epochRounds: campaign.epochRounds,
  };
}

/**
 * How many threads run the rounds. Several need a session each, which only some targets have for
 * free: there it is one for each core.
 *
 * @param given as typed; undefined when nothing was
 */
export const workersFor = (
  { independent }: Pick<Adapter, 'independent'>,
  given: number | undefined,
): number => given ?? (independent === true ? availableParallelism() : 1);
