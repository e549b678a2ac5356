/** A thread of `allocert qualify`; see suites/assess/target-pool.ts. */
import { openTarget } from '../../adapters/open-target.ts';
import type { PoolTask } from '../../suites/assess/target-pool.ts';
import {
  assessTarget,
  openOrUnopened,
  type TargetResult,
  unopenedTarget,
} from '../../suites/assess/target-result.ts';

/** Runs the suites on a target. */
export default async ({ stopped, target, ...options }: PoolTask): Promise<TargetResult> => {
  const shouldStop = (): boolean => Atomics.load(stopped, 0) === 1;
  if (shouldStop()) return unopenedTarget(target, 'the qualification was interrupted');
  const adapter = await openOrUnopened(target, openTarget);
  return 'problem' in adapter ? adapter : assessTarget(adapter, { ...options, shouldStop });
};
