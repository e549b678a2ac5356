/**
 * The suites: cases that observe the requirements of the catalogue on a target, and runs of them.
 *
 * `cases/` has one file or folder for each group of requirements, `kit/` is all that a case is
 * given, `run/` runs cases and judges what they observed, `recheck/` holds reports against their
 * evidence, and `assess/` measures targets, and the suites themselves, by such runs. They import
 * the contract, the catalogue, the oracles and reports, and of the adapters recordings alone. Start reading at `kit/case.ts`, then at a short group such
 * as `cases/version.ts`.
 */

import { profileNamed } from '../catalogue/catalogue.ts';
import type { CaseFacts } from '../reports/record/record.ts';
import { casesOfAll, selectCases } from './run/select.ts';

export { catalogue, type Profile, type Requirement } from '../catalogue/catalogue.ts';
export { CASES } from './cases/all.ts';
export type { Case } from './kit/case.ts';
export type { Observation } from './kit/observation.ts';
export { type CaseOutcome, judge } from './run/judge.ts';
export { type RunOptions, runSuites } from './run/runner.ts';

/**
 * The cases that a profile's ABI has, or all.
 *
 * @param only words that name requirements and cases; empty for all
 * @throws {@link AllocertError} (usage) for an unknown profile or id
 */
export function listCases(profile?: string, only: readonly string[] = []): readonly CaseFacts[] {
  const cases =
    profile === undefined ? casesOfAll(only) : selectCases(profileNamed(profile).abi, only);
  return cases.map(({ id, title, requirements }) => ({ id, title, requirements }));
}
