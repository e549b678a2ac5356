/**
 * The suites: cases that observe the requirements of the catalogue on a target, and runs of them.
 *
 * `cases/` has one file or folder for each group of requirements, `kit/` is all that a case is
 * given, `run/` runs cases and judges what they observed, `recheck/` holds reports against their
 * evidence, and `assess/` measures targets, and the suites themselves, by such runs. They import
 * the contract, the catalogue, the oracles and reports, and of the adapters recordings alone. Start reading at `kit/case.ts`, then at a short group such
 * as `cases/version.ts`.
 */

import { usageError } from '../base/errors.ts';
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
 * @param only ids of requirements and cases that are wanted; empty for all
 * @throws {@link AllocertError} (usage) for an unknown profile or id
 */
export function listCases(profile?: string, only: readonly string[] = []): readonly CaseFacts[] {
  const cases = profile === undefined ? CASES : selectCases(profileNamed(profile).abi, []);
  const names = new Set(cases.flatMap(({ id, requirements }) => [id, ...requirements]));
  const unknown = only.find((id) => !names.has(id));
  if (unknown !== undefined) {
    throw usageError(`there is no requirement or case "${unknown}"; leave --only out to see all`);
  }
  return cases
    .filter(
      ({ id, requirements }) =>
        only.length === 0 || only.some((name) => name === id || requirements.includes(name)),
    )
    .map(({ id, title, requirements }) => ({ id, title, requirements }));
}
