import type { DerivedRun } from '../../reports/record/derived-run.ts';
import { recheckReport } from '../../suites/recheck/recheck-report.ts';
import { complain } from './terminal.ts';

/**
 * Holds reports against the evidence in them, before anything is concluded from them, and says what
 * could not be checked.
 *
 * @param paths as typed; undefined for one that was not
 * @returns by path what follows from each journal, so that it need not be derived again
 * @throws {@link AllocertError} (machine) naming the first contradiction
 */
export async function checkReports(
  paths: readonly (string | undefined)[],
): Promise<ReadonlyMap<string, DerivedRun>> {
  const derived = new Map<string, DerivedRun>();
  for (const path of new Set(paths)) {
    if (path === undefined) continue;
    const unchecked = await recheckReport(path, (run) => derived.set(path, run));
    if (unchecked !== '') complain(unchecked);
  }
  return derived;
}
