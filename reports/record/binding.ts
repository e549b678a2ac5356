import type { ProfileFacts, RequirementFacts } from '../../catalogue/facts.ts';

/** Whether a requirement is a MUST whose authority a profile accepts. */
export const isBinding = (requirement: RequirementFacts, profile: ProfileFacts): boolean =>
  requirement.level === 'MUST' && profile.authorities.includes(requirement.authority);
