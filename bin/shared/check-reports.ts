import { recheckReport } from '../../suites/recheck/recheck-report.ts';
import { complain } from './terminal.ts';

/**
 * Holds reports against the evidence in them, before anything is concluded from them, and says what
 * could not be checked.
 *
 * @param paths as typed; undefined for one that was not
 * @throws {@link AllocertError} (machine) naming the first contradiction
 */
export async function checkReports(paths: readonly (string | undefined)[]): Promise<void> {
  for (const path of new Set(paths)) {
    const unchecked = path === undefined ? '' : await recheckReport(path);
    if (unchecked !== '') complain(unchecked);
  }
}
