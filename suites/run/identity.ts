import { isDeepStrictEqual } from 'node:util';
import {
  machineError,
  steadyDetails,
  type TargetFacts,
  toJson,
} from '../../adapters/contract/index.ts';
import type { RunStart } from '../../reports/record/journal-lines.ts';

/** The identity of a target, as plain data to compare. */
const identityOf = (facts: TargetFacts): unknown =>
  toJson({ ...facts, details: steadyDetails(facts) });

/** Whether facts are those of one target, in whatever order they are told. */
export const isSameTarget = (a: TargetFacts, b: TargetFacts): boolean =>
  isDeepStrictEqual(identityOf(a), identityOf(b));

/**
 * Refuses to add what one target says to the report of another.
 *
 * @param earlier the run that the report is of
 * @param now what answers this time
 * @throws {@link AllocertError} (machine)
 */
export function refuseOtherTarget(
  earlier: Pick<RunStart, 'facts'>,
  now: Pick<RunStart, 'facts'>,
): void {
  if (isSameTarget(earlier.facts, now.facts)) return;
  throw machineError(
    `${now.facts.implementation} answers, but not as it did for this report: another version, ` +
      'device or machine; run the suites again for a report of its own',
  );
}
