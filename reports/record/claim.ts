import { isBinding } from './binding.ts';
import type {
  ProfileFacts,
  RecordedCase,
  RecordedRequirement,
  RequirementFacts,
  RunRecord,
} from './record.ts';
import type { Status } from './status.ts';

/**
 * The least share of what a claim needs that must have been observed, in percent. Below it a target
 * is partly observed, and conforms to nothing, however right the rest is.
 */
export const CLAIM_PERCENT_MIN = 90;

/** What a claim of conformance to a profile needs, and how much of it was observed. */
export interface Claim {
  /**
   * MUSTs of text and safety that bind and apply, without those that the target excludes by what it
   * says of itself, such as that its region is unbounded.
   */
  readonly needed: number;
  /** Ids of those of them that no case observed, since the target lacks operations. */
  readonly missing: readonly string[];
}

/** Whether enough was observed for a claim; a part of a run makes none, so it lacks nothing. */
export function isClaimable({ needed, missing }: Claim): boolean {
  return (needed - missing.length) * 100 >= needed * CLAIM_PERCENT_MIN;
}

/** How much of a claim was observed, in a sentence without an end mark. */
export function claimSentence({ needed, missing }: Claim): string {
  const seen = needed - missing.length;
  return (
    `only ${seen} of the ${needed} MUSTs that a claim rests on were observed ` +
    `(${CLAIM_PERCENT_MIN} % are needed)`
  );
}

/** What a claim needs of these requirements under one profile. */
export function claimOf(
  profile: ProfileFacts,
  requirements: readonly RecordedRequirement[],
  cases: readonly RecordedCase[],
): Claim {
  const lacking = new Set(
    cases.filter(({ lacks }) => lacks !== undefined).flatMap((one) => one.requirements),
  );
  const statusOf = (one: RecordedRequirement): Status => one.statuses[profile.name] ?? 'skip';
  const all = requirements.filter(
    (one) => one.statuses[profile.name] !== undefined && isClaimed(one, profile),
  );
  const missing = all.filter((one) => statusOf(one) === 'skip' && lacking.has(one.id));
  const excluded = all.filter((one) => statusOf(one) === 'skip' && !lacking.has(one.id));
  return { needed: all.length - excluded.length, missing: missing.map(({ id }) => id) };
}

/** Guidance may be left out of a claim; what the text promises and what is safe may not. */
const isClaimed = (requirement: RequirementFacts, profile: ProfileFacts): boolean =>
  requirement.authority !== 'guidance' && isBinding(requirement, profile);

/** Whether a record speaks of a whole run, as a claim does. */
export const isWhole = ({ partial, shard }: Pick<RunRecord, 'partial' | 'shard'>): boolean =>
  !partial && shard === undefined;
