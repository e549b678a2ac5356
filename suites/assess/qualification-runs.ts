import { randomBytes } from 'node:crypto';
import type { KnownDefect, QualificationRuns } from './qualify.ts';
import type { TargetTask } from './target-pool.ts';
import type { TargetResult } from './target-result.ts';

/** A defect of the simulator, with the parameter of a `sim:` URL without which it cannot show. */
export interface SimulatorDefect extends KnownDefect {
  readonly needs?: string;
}

/** A qualification, before anything ran. */
export interface QualificationPlan {
  readonly defects: readonly SimulatorDefect[];
  /** How many runs without a defect there are beside the baseline. */
  readonly cleanRuns: number;
  /** Whether only the cases of what a defect breaks run on a target that has it. */
  readonly onlyBroken: boolean;
  /** Runs the suites on a target; called for several targets at once. */
  readonly observe: (task: TargetTask) => Promise<TargetResult>;
  /** Called after each run with the number of finished and of all runs. */
  readonly onRun: (done: number, total: number) => void;
}

/** The profile that decides in a qualification. */
export const QUALIFIED_PROFILE = 'hardened';

/** Regions and pages that a faithful allocator may have; the suites must fit each. */
const FAITHFUL = [
  '',
  '&schedule=pct',
  '&caller=32',
  '&region=4MiB',
  '&schedule=random',
  '&region=64MiB',
  '&page=16384',
  '&page=65536&schedule=pct',
];

/** Runs without a defect when nothing is said: one for each kind of faithful allocator. */
export const CLEAN_RUNS = FAITHFUL.length;

/**
 * Runs the suites on the simulator without a defect, with each defect in turn, and on faithful
 * allocators of other shapes. Runs are independent of each other and start all at once.
 */
export async function qualificationRuns(plan: QualificationPlan): Promise<QualificationRuns> {
  const total = 2 + plan.defects.length + plan.cleanRuns;
  let done = 0;
  plan.onRun(done, total);
  const observe = async (target: string, only?: readonly string[]): Promise<TargetResult> => {
    const some = only === undefined ? {} : { only };
    const result = await plan.observe({ target, profile: QUALIFIED_PROFILE, ...some });
    done += 1;
    plan.onRun(done, total);
    return result;
  };
  const clean = Array.from({ length: plan.cleanRuns }, (_, index) => cleanTarget(index));
  const [native, compat, defects, faithful] = await Promise.all([
    observe('sim:'),
    observe('sim:?caller=32'),
    Promise.all(
      plan.defects.map(async (defect) => ({
        ...defect,
        result: await observe(targetWith(defect), plan.onlyBroken ? defect.breaks : undefined),
      })),
    ),
    Promise.all(clean.map((target) => observe(target))),
  ]);
  return { baseline: observedByEither(native, compat), defects, faithful, isComplete: true };
}

/** The first result; where it observed nothing, what the second did. */
function observedByEither(first: TargetResult, second: TargetResult): TargetResult {
  const requirements = first.requirements.map((one) => {
    if (one.status !== 'skip') return one;
    return second.requirements.find(({ requirement }) => requirement === one.requirement) ?? one;
  });
  return { ...first, requirements };
}

const targetWith = ({ name, needs }: SimulatorDefect): string =>
  `sim:?defect=${name}${needs === undefined ? '' : `&${needs}`}`;

function cleanTarget(index: number): string {
  const seed = `0x${randomBytes(8).toString('hex')}`;
  return `sim:?seed=${seed}${FAITHFUL[index % FAITHFUL.length] ?? ''}`;
}
