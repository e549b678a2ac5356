/** A thread that runs the suites on one target after another; see commands/qualify.ts. */
import { openTarget } from '../../adapters/open-target.ts';
import { assessTarget, type TargetResult } from '../../suites/assess/target-result.ts';

/** What a thread is asked to run. */
export interface QualifyTask {
  readonly target: string;
  readonly profile: string;
}

/** Runs the suites on a target. */
export default async ({ target, profile }: QualifyTask): Promise<TargetResult> =>
  assessTarget(await openTarget(target), profile);
