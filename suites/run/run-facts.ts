import { type Abi, type Profile, requirementsFor } from '../../catalogue/catalogue.ts';
import type { CaseFacts, ProfileFacts, RequirementFacts } from '../../reports/record/record.ts';
import type { Case } from '../kit/case.ts';

/** What the catalogue says of the requirements of an ABI, as a run quotes it. */
export const requirementsOfRun = (abi: Abi): readonly RequirementFacts[] =>
  requirementsFor(abi.name).map(({ id, group, level, authority, statement, source }) => ({
    id,
    group,
    level,
    authority,
    statement,
    source: abi.sources?.[id] ?? source,
  }));

/** What the catalogue says of profiles, as a run quotes it. */
export const profilesOfRun = (profiles: readonly Profile[]): readonly ProfileFacts[] =>
  profiles.map(({ name, abi, authorities }) => ({ name, abi, authorities }));

/** Cases as a run quotes them. */
export const casesOfRun = (cases: readonly Case[]): readonly CaseFacts[] =>
  cases.map(({ id, title, requirements }) => ({ id, title, requirements }));
