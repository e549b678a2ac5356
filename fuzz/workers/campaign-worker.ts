import type { Snapshot } from '../corpus/snapshot.ts';
import type { TargetDescription } from '../execute/round-runner.ts';
import type { Detection, RoundReport } from '../judge/round-report.ts';
import type { Finding } from '../record/finding.ts';

/** Does what a campaign asks: in this thread, or in a pool of them. */
export interface CampaignWorker {
  /** How many batches may be under way at once. */
  readonly width: number;
  /**
   * Opens the target.
   *
   * @throws {@link AllocertError} when the target cannot be reached, or has no mode to run
   */
  describeTarget(): Promise<TargetDescription>;
  /**
   * Runs a batch of rounds.
   *
   * @param known signatures that need no proof any more
   * @returns the reports in the batch's order, and fewer when the campaign was to stop
   */
  run(
    indices: readonly number[],
    known: ReadonlySet<string>,
    snapshot: Snapshot,
  ): Promise<readonly RoundReport[]>;
  /**
   * Shrinks what was found, and says how often it shows.
   *
   * @param allowedMs milliseconds that this may take, where there is a limit
   */
  minimize(detection: Detection, allowedMs?: number): Promise<Finding>;
  close(): Promise<void>;
}
