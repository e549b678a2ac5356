/** A thread that runs the suites on one target after another; see commands/qualify.ts. */
import { openTarget } from '../../adapters/open-target.ts';
import { standingOf, type TargetStanding } from '../../suites/assess/standing.ts';

/** What a thread is asked to run. */
export interface QualifyTask {
  readonly target: string;
  readonly profile: string;
}

/** Runs the suites on a target. */
export default async ({ target, profile }: QualifyTask): Promise<TargetStanding> =>
  standingOf(await openTarget(target), profile);
