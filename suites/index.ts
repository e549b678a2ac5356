/** The suites: what is checked, and how a run of it goes. */

import { profileNamed } from '../catalogue/catalogue.ts';
import type { CaseFacts } from '../reports/record.ts';
import { CASES } from './cases.ts';
import { selectCases } from './select.ts';

export { catalogue, type Profile, type Requirement } from '../catalogue/catalogue.ts';
export type { Case, Observation } from './case.ts';
export { CASES } from './cases.ts';
export { refuseOtherTarget } from './identity.ts';
export { type CaseOutcome, judge } from './judge.ts';
export { type RunOptions, runSuites } from './runner.ts';

/**
 * The cases that a profile's ABI has, or all.
 *
 * @throws {@link AllocertError} for an unknown profile
 */
export function listCases(profile?: string): readonly CaseFacts[] {
  const cases = profile === undefined ? CASES : selectCases(profileNamed(profile).abi, []);
  return cases.map(({ id, title, requirements }) => ({ id, title, requirements }));
}
