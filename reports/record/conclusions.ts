import { isBinding } from './binding.ts';
import { type Claim, claimOf, isClaimable, isWhole } from './claim.ts';
import type { RunStart } from './journal-lines.ts';
import type {
  ProfileFacts,
  ProfileSummary,
  RecordedCampaign,
  RecordedCase,
  RecordedRequirement,
  RequirementFacts,
  RunRecord,
} from './record.ts';
import { isBad, STATUSES, type Status, worse } from './status.ts';

/** The status that a promise which fuzzing saw broken has in a profile. */
export function findingStatus(requirement: RequirementFacts, profile: ProfileFacts): Status {
  if (isBinding(requirement, profile)) return 'fail';
  const heard =
    requirement.level === 'SHOULD' && profile.authorities.includes(requirement.authority);
  return heard ? 'warn' : 'info';
}

/**
 * Requirements with their worst status by profile. A profile that said nothing although another one
 * judged the same requirement has no expectation there, so it is left out; without any verdict the
 * requirement was not observed, which every profile has to count. What a fuzz campaign saw broken
 * is broken.
 */
export function recordRequirements(
  requirements: readonly RequirementFacts[],
  profiles: readonly ProfileFacts[],
  cases: readonly RecordedCase[],
  fuzz: readonly RecordedCampaign[] = [],
): readonly RecordedRequirement[] {
  const unobserved = Object.fromEntries(
    profiles.map(({ name }): [string, Status] => [name, 'skip']),
  );
  const statuses = new Map<string, Record<string, Status>>();
  const add = (requirement: string, profile: string, status: Status): void => {
    const seen = statuses.get(requirement) ?? {};
    seen[profile] = worse(seen[profile] ?? status, status);
    statuses.set(requirement, seen);
  };
  const lookers = new Map(requirements.map(({ id }): [string, string[]] => [id, []]));
  for (const one of cases) {
    const spoken = one.verdicts.map(({ requirement }) => requirement);
    for (const id of new Set([...one.requirements, ...spoken])) lookers.get(id)?.push(one.id);
    for (const { requirement, profile, status } of one.verdicts) add(requirement, profile, status);
  }
  for (const id of fuzz.flatMap(({ findings }) => findings.map((one) => one.requirement))) {
    const requirement = requirements.find((one) => one.id === id);
    if (requirement === undefined) continue;
    for (const profile of profiles) add(id, profile.name, findingStatus(requirement, profile));
  }
  return requirements.map(({ id, group, level, authority, statement, source }) => ({
    ...{ id, group, level, authority, statement, source },
    statuses: statuses.get(id) ?? unobserved,
    cases: lookers.get(id) ?? [],
  }));
}

/**
 * Sums up the requirements under one profile.
 *
 * @param claim what a claim needs; left out where the record speaks of a part of a run
 */
export function summarise(
  profile: ProfileFacts,
  requirements: readonly RecordedRequirement[],
  complete: boolean,
  claim?: Claim,
): ProfileSummary {
  const statusOf = (one: RecordedRequirement): Status | undefined => one.statuses[profile.name];
  const statuses = requirements.map(statusOf).filter((status) => status !== undefined);
  const musts = requirements
    .filter((requirement) => isBinding(requirement, profile))
    .map(statusOf)
    .filter((status) => status !== undefined);
  const observed = musts.filter(
    (status) => !['skip', 'inconclusive', 'hang', 'crash'].includes(status),
  );
  const zero = STATUSES.map((status): [Status, number] => [status, 0]);
  const counts = Object.fromEntries(zero) as Record<Status, number>;
  for (const status of statuses) counts[status] += 1;
  return {
    profile: profile.name,
    holds:
      complete &&
      !statuses.some(isBad) &&
      !musts.includes('inconclusive') &&
      musts.includes('pass') &&
      (claim === undefined || isClaimable(claim)),
    mustObserved: observed.length,
    mustApplicable: musts.length,
    counts,
    ...(claim === undefined ? {} : { claim }),
  };
}

/**
 * 1 when the deciding profile has a failure, or when anything crashed or hung the target; else 3
 * when the run says too little; else 0.
 */
export function exitCodeOf(
  record: Pick<RunRecord, 'cases' | 'summaries' | 'profile'>,
): RunRecord['exitCode'] {
  const summary = record.summaries.find(({ profile }) => profile === record.profile);
  const died = (status: string): boolean => status === 'crash' || status === 'hang';
  const deaths = record.cases.some(
    ({ end, verdicts }) => died(end) || verdicts.some(({ status }) => died(status)),
  );
  if (deaths || (summary?.counts.fail ?? 0) > 0) return 1;
  return summary?.holds === true ? 0 : 3;
}

/**
 * Concludes from the cases of a record: the status of each requirement, a summary of each profile,
 * and the exit code.
 */
export function conclusionsOf(
  run: Pick<RunStart, 'requirements' | 'profiles' | 'profile' | 'partial' | 'shard'>,
  cases: readonly RecordedCase[],
  complete: boolean,
  fuzz: readonly RecordedCampaign[] = [],
): Pick<RunRecord, 'requirements' | 'summaries' | 'exitCode'> {
  const { requirements, profiles, profile } = run;
  const recorded = recordRequirements(requirements, profiles, cases, fuzz);
  const summaries = profiles.map((one) => {
    const claim = isWhole(run) ? claimOf(one, recorded, cases) : undefined;
    return summarise(one, recorded, complete, claim);
  });
  const exitCode = exitCodeOf({ cases, summaries, profile });
  return { requirements: recorded, summaries, exitCode };
}
