import type { KnownDefect, QualificationRuns } from './qualify.ts';
import type { TargetTask } from './target-pool.ts';
import type { TargetResult } from './target-result.ts';

/** A qualification on a target that takes `defect=NAME` in its URL, before anything ran. */
export interface DefectPlan {
  /** URL of the target without a defect. */
  readonly target: string;
  readonly profile: string;
  readonly defects: readonly KnownDefect[];
  /** How many runs without a defect there are beside the baseline. */
  readonly cleanRuns: number;
  /** Whether only the cases of what a defect breaks run on a target that has it. */
  readonly onlyBroken: boolean;
  /** Runs the suites on a target; called for several targets at once. */
  readonly observe: (task: TargetTask) => Promise<TargetResult>;
  /** Called after each run with the number of finished and of all runs. */
  readonly onRun: (done: number, total: number) => void;
}

/**
 * Runs the suites on a target without a defect, as often as is wanted, and with each defect.
 */
export async function runWithDefects(plan: DefectPlan): Promise<QualificationRuns> {
  const { target, profile } = plan;
  const total = 1 + plan.cleanRuns + plan.defects.length;
  let done = 0;
  plan.onRun(done, total);
  const observe = async (task: TargetTask): Promise<TargetResult> => {
    const result = await plan.observe(task);
    done += 1;
    plan.onRun(done, total);
    return result;
  };
  const clean = Array.from({ length: 1 + plan.cleanRuns }, () => observe({ target, profile }));
  const defects = plan.defects.map(async (defect) => {
    const only = plan.onlyBroken ? { only: defect.breaks } : {};
    const result = await observe({ target: withDefect(target, defect), profile, ...only });
    return { ...defect, result };
  });
  const [[baseline, ...faithful], broken] = await Promise.all([
    Promise.all(clean),
    Promise.all(defects),
  ]);
  if (baseline === undefined) throw new Error('the run without a defect is missing');
  return { baseline, defects: broken, faithful, isComplete: false };
}

/** The URL of a target with a defect. */
export const withDefect = (target: string, { name, needs }: KnownDefect): string =>
  `${target}${target.includes('?') ? '&' : '?'}defect=${name}${needs === undefined ? '' : `&${needs}`}`;
