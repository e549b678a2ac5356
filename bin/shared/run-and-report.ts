import { AllocertError } from '../../base/errors.ts';
import { isSafeToReopen } from '../../base/safe-to-reopen.ts';
import { observedRecord } from '../../reports/gate/observed-record.ts';
import type { ObservedRun } from '../../reports/journal/observed-run.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import type { Reporter } from '../../reports/reporters.ts';
import { writeObserved } from '../../reports/write.ts';
import {
  type JournaledEnd,
  type JournaledRun,
  journaledExitCode,
  journaledRun,
} from '../../suites/run/journaled-run.ts';
import { closeInTime } from './close-in-time.ts';
import { Interrupt } from './interrupt.ts';
import { Progress } from './progress.ts';
import { showRecord } from './show-record.ts';
import { complain } from './terminal.ts';

/**
 * Runs the suites with a journal, shows how far they are, and reports what was observed however the
 * run ended.
 *
 * @param reporters formats beside those of the report directory
 * @param judged called with the record, and the folder that holds it or undefined where it is lost;
 *   says whether the run fails, whatever its own verdict is
 * @returns the exit code
 * @throws whatever stopped the run before its first case, when there is nothing to report
 */
export async function runAndReport(
  run: JournaledRun,
  reporters: readonly Reporter[],
  judged: (record: RunRecord, folder: string | undefined) => boolean = () => false,
): Promise<number> {
  const interrupt = new Interrupt();
  const progress = new Progress();
  let end: JournaledEnd;
  try {
    end = await journaledRun(run, interrupt, progress.listener);
  } finally {
    progress.stop();
    await Promise.all([run.adapter, ...(run.others ?? [])].map(closeInTime));
    interrupt.dispose();
  }
  const { directory } = run;
  const { observed } = end;
  const record = observed === undefined ? undefined : observedRecord(observed);
  let fails = false;
  if (observed !== undefined && record !== undefined) {
    const folder = kept(observed, record, directory) ? directory : undefined;
    showRecord(record, folder, reporters, [directory]);
    fails = judged(record, folder);
  }
  const { received } = interrupt;
  if (received !== undefined) {
    complain(
      record === undefined
        ? `interrupted by ${received.name} before the first case; there is no report`
        : `interrupted by ${received.name}; go on with: ${goingOn(record.target, directory)}`,
    );
  }
  const code = journaledExitCode(end, record, interrupt);
  return fails && received === undefined ? 1 : code;
}

/** The command that runs what was not reached; what only the report names is typed again. */
const goingOn = (target: string, directory: string): string =>
  `allocert retry ${directory}${isSafeToReopen(target) ? '' : ` --target ${target}`}`;

/** What was observed is told, and decides, also where its report is lost. */
function kept(observed: ObservedRun, record: RunRecord, directory: string): boolean {
  try {
    writeObserved(observed, record, directory);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof AllocertError)) throw thrown;
    complain(`the report of this run is lost: ${thrown.message}`);
    return false;
  }
}
