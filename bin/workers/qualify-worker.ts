/** A thread of `allocert qualify`; see suites/assess/target-pool.ts. */
import { openTarget } from '../../adapters/open-target.ts';
import type { TargetTask } from '../../suites/assess/target-pool.ts';
import { assessTarget, type TargetResult } from '../../suites/assess/target-result.ts';

/** Runs the suites on a target. */
export default async ({ target, profile }: TargetTask): Promise<TargetResult> =>
  assessTarget(await openTarget(target), profile);
