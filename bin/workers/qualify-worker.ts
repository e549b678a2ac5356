/** A thread of `allocert qualify`; see suites/assess/target-pool.ts. */
import { openTarget } from '../../adapters/open-target.ts';
import type { TargetTask } from '../../suites/assess/target-pool.ts';
import {
  assessTarget,
  openOrUnopened,
  type TargetResult,
} from '../../suites/assess/target-result.ts';

/** Runs the suites on a target. */
export default async ({ target, ...options }: TargetTask): Promise<TargetResult> => {
  const adapter = await openOrUnopened(target, openTarget);
  return 'problem' in adapter ? adapter : assessTarget(adapter, options);
};
