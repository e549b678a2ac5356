/** A thread of `allocert qualify`; see suites/assess/target-pool.ts. */
import { openTarget } from '../../adapters/open-target.ts';
import { standingOf, type TargetStanding } from '../../suites/assess/standing.ts';
import type { TargetTask } from '../../suites/assess/target-pool.ts';

/** Runs the suites on a target. */
export default async ({ target, profile }: TargetTask): Promise<TargetStanding> =>
  standingOf(await openTarget(target), profile);
