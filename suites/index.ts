/** The suites: what is checked, and how a run of it goes. */

import { profileNamed } from '../catalogue/catalogue.ts';
import type { CaseFacts } from '../reports/record/record.ts';
import { CASES } from './cases/all.ts';
import { selectCases } from './run/select.ts';

export { catalogue, type Profile, type Requirement } from '../catalogue/catalogue.ts';
export { CASES } from './cases/all.ts';
export type { Case } from './kit/case.ts';
export type { Observation } from './kit/observation.ts';
export { type CaseOutcome, judge } from './run/judge.ts';
export { type RunOptions, runSuites } from './run/runner.ts';

/**
 * The cases that a profile's ABI has, or all.
 *
 * @throws {@link AllocertError} for an unknown profile
 */
export function listCases(profile?: string): readonly CaseFacts[] {
  const cases = profile === undefined ? CASES : selectCases(profileNamed(profile).abi, []);
  return cases.map(({ id, title, requirements }) => ({ id, title, requirements }));
}
