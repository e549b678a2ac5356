import type { Requirement } from '../../catalogue/catalogue.ts';
import { type FeatureFacts, profileNamed, requirementsFor } from '../../catalogue/catalogue.ts';

/** An optional feature, and the requirement that tells whether it is there. */
export interface Feature extends FeatureFacts {
  readonly requirement: Requirement;
}

/**
 * The optional features of which a statement speaks under a profile: those of the catalogue's
 * requirements that apply there, in its order.
 *
 * @throws {@link AllocertError} (usage) when there is no such profile
 */
export function featuresOf(profile: string): readonly Feature[] {
  const { abi } = profileNamed(profile);
  return requirementsFor(abi).flatMap((requirement) => {
    const { feature, expect } = requirement;
    if (feature === undefined || expect[profile] === undefined) return [];
    return [{ ...feature, requirement }];
  });
}
