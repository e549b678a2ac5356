import type {
  FuzzSummary,
  ProfileFacts,
  ProfileSummary,
  RecordedCase,
  RecordedRequirement,
  RequirementFacts,
  RunRecord,
  Status,
} from './record.ts';
import { STATUSES, worse } from './record.ts';

/** Statuses that end a run with 1: the target was seen to do what it must not. */
const BAD: readonly Status[] = ['fail', 'hang', 'crash'];

/** Whether a status says that the target does not conform. */
export const isBad = (status: Status): boolean => BAD.includes(status);

/** Whether a requirement is a MUST whose authority a profile accepts. */
export const binds = (requirement: RequirementFacts, profile: ProfileFacts): boolean =>
  requirement.level === 'MUST' && profile.authorities.includes(requirement.authority);

/** What a promise that fuzzing saw broken means in a profile. */
export function findingStatus(requirement: RequirementFacts, profile: ProfileFacts): Status {
  if (binds(requirement, profile)) return 'fail';
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
  fuzz: readonly FuzzSummary[] = [],
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
    for (const id of new Set(one.requirements)) lookers.get(id)?.push(one.id);
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

/** How the target stands under one profile. */
export function summarise(
  profile: ProfileFacts,
  requirements: readonly RecordedRequirement[],
  complete: boolean,
): ProfileSummary {
  const statusOf = (one: RecordedRequirement): Status | undefined => one.statuses[profile.name];
  const statuses = requirements.map(statusOf).filter((status) => status !== undefined);
  const musts = requirements
    .filter((requirement) => binds(requirement, profile))
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
      musts.includes('pass'),
    mustObserved: observed.length,
    mustApplicable: musts.length,
    counts,
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
