import { usageError } from '../../base/errors.ts';
import type { Baseline, GatePoint } from '../record/gate-outcome.ts';
import { pointsOf } from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';
import { pointKey } from './gated-points.ts';

/** The failures of a run beside those of its baseline. */
export interface BaselineComparison {
  /** Failures that the baseline does not have, or has in a milder form. */
  readonly fresh: readonly GatePoint[];
  readonly known: readonly GatePoint[];
  /** Failed in the baseline, and was observed not to fail now. */
  readonly fixed: readonly GatePoint[];
  /** Failed in the baseline, and was not observed now. */
  readonly unobserved: readonly GatePoint[];
}

/**
 * Refuses a baseline that speaks of something else. Another target of the same kind is fine: the
 * board of yesterday and that of today have different names.
 *
 * @throws {@link AllocertError} (usage) with the reason
 */
export function refuseOtherBaseline(
  record: Pick<RunRecord, 'profile' | 'profiles'>,
  baseline: Baseline,
): void {
  const abi = record.profiles.find(({ name }) => name === record.profile)?.abi ?? '';
  const [what, theirs, ours] =
    abi === baseline.abi
      ? ['profile', baseline.profile, record.profile]
      : ['ABI', baseline.abi, abi];
  if (theirs === ours) return;
  throw usageError(
    `the baseline ${baseline.path} is of ${what} ${theirs} and this run of ${what} ${ours}, ` +
      'so their failures cannot be compared; name a baseline of the same',
  );
}

/**
 * Splits failures by case and requirement into those that the baseline has and those that are new,
 * and finds what was mended.
 *
 * @param failures of this record, at the level that gates
 * @param unexcused what a waiver covers that does not hold, as `CASE REQUIREMENT`: the failure was
 * put on a date, so that it is in the baseline excuses it no longer
 */
export function compareWithBaseline(
  record: RunRecord,
  failures: readonly GatePoint[],
  baseline: Baseline,
  unexcused: ReadonlySet<string>,
): BaselineComparison {
  const before = new Map(baseline.failing.map((point) => [pointKey(point), point]));
  const isKnown = (point: GatePoint): boolean => {
    const old = unexcused.has(pointKey(point)) ? undefined : before.get(pointKey(point));
    return old !== undefined && !(isDeath(point) && !isDeath(old));
  };
  const now = statusesNow(record);
  const of = (point: GatePoint): string => now.get(pointKey(point)) ?? 'absent';
  // What only warned before was no failure at the level of MUST, so it is not mended by warning.
  const isFixed = (point: GatePoint): boolean =>
    FIXED.includes(of(point)) || (of(point) === 'warn' && point.status !== 'warn');
  const isGone = (point: GatePoint): boolean => !STILL.includes(of(point)) && !isFixed(point);
  const chosen = new Set(record.cases.map(({ id }) => id));
  const isPart = record.partial || record.shard !== undefined;
  return {
    fresh: failures.filter((point) => !isKnown(point)),
    known: failures.filter(isKnown),
    fixed: baseline.failing.filter(isFixed),
    unobserved: baseline.failing.filter(
      (point) => isGone(point) && (!isPart || chosen.has(point.case)),
    ),
  };
}

const isDeath = ({ status }: GatePoint): boolean => status === 'crash' || status === 'hang';

/** Words for what failed and still does, in any form. */
const STILL: readonly string[] = ['fail', 'crash', 'hang', 'warn', 'waived', 'flaky'];

const FIXED: readonly string[] = ['pass', 'info'];

function statusesNow(record: RunRecord): ReadonlyMap<string, string> {
  const points = pointsOf(record).map(({ case: { id }, requirement, status }): [string, string] => [
    `${id} ${requirement.id}`,
    status,
  ]);
  const ends = record.cases.map(({ id, end }): [string, string] => [
    `${id} `,
    end === 'completed' ? 'pass' : end,
  ]);
  return new Map([...points, ...ends]);
}
