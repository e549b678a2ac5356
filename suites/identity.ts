import { machineError, type TargetFacts, toJson } from '../adapters/contract/index.ts';
import type { RunStart } from '../reports/record.ts';

/** What makes a target the same one, as text to compare; its taint changes as it runs. */
export function identityOf({ details, ...facts }: TargetFacts): string {
  const { taint: _, ...steady } = details;
  return JSON.stringify(toJson({ ...facts, details: steady }));
}

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
  if (identityOf(earlier.facts) === identityOf(now.facts)) return;
  throw machineError(
    `${now.facts.implementation} answers, but not as it did for this report: another version, ` +
      'device or machine; run the suites anew for a report of its own',
  );
}
