import type { FailOn, GatePoint } from '../record/gate-outcome.ts';
import { pointsOf } from '../record/points.ts';
import type { RunRecord, Verdict } from '../record/record.ts';
import { neededIn } from '../record/standing.ts';
import { isBad, type Status } from '../record/status.ts';

const DEATHS: readonly string[] = ['crash', 'hang'] satisfies Status[];

/** A death that no requirement of the deciding profile bears has this in its place. */
const NO_REQUIREMENT = '';

/**
 * Points that gate: every failure under the deciding profile, and every death of the target, since
 * no profile excuses a dead target. A known deviation of a MUST is a warning and does not gate.
 */
export function failuresOf(record: RunRecord, failOn: FailOn): readonly GatePoint[] {
  const failing = pointsOf(record).filter(
    ({ status, requirement }) =>
      isBad(status) || (failOn === 'should' && requirement.level === 'SHOULD' && status === 'warn'),
  );
  const points = failing.map(({ case: { id }, requirement, status, reason }) => ({
    case: id,
    requirement: requirement.id,
    status,
    reason,
  }));
  return [...points, ...otherDeaths(record)];
}

/** Deaths that no verdict of the deciding profile tells of; those of other profiles may. */
function otherDeaths({ cases, profile }: RunRecord): readonly GatePoint[] {
  return cases.flatMap(({ id, end, reason, verdicts }) => {
    const told = ({ profile: of, status }: Verdict): boolean =>
      of === profile && (isBad(status) || status === 'waived');
    if (verdicts.some(told)) return [];
    const dead = verdicts.find(({ status }) => DEATHS.includes(status));
    const status = DEATHS.includes(end) ? (end as Status) : dead?.status;
    if (status === undefined) return [];
    return [{ case: id, requirement: NO_REQUIREMENT, status, reason: dead?.reason ?? reason }];
  });
}

/** Points with one status under the deciding profile. */
export const pointsWith = (record: RunRecord, status: Status): readonly GatePoint[] =>
  pointsOf(record)
    .filter((point) => point.status === status)
    .map(({ case: { id }, requirement, reason }) => ({
      case: id,
      requirement: requirement.id,
      status,
      reason,
    }));

/** Points that had to be decided and were not: a MUST that binds, or a SHOULD where that gates. */
export function openOf(record: RunRecord, failOn: FailOn): readonly GatePoint[] {
  const isNeeded = neededIn(record, failOn);
  const needed = new Set(record.requirements.filter(isNeeded).map(({ id }) => id));
  return pointsWith(record, 'inconclusive').filter(({ requirement }) => needed.has(requirement));
}

/** The name by which two records speak of the same point. */
export const pointKey = ({ case: case_, requirement }: GatePoint): string =>
  `${case_} ${requirement}`;

/** Points as a phrase that stays short: how many, and the first of them by name. */
export function phraseOf(points: readonly GatePoint[], shown = 5): string {
  const names = points.map(({ case: case_, requirement }) =>
    requirement === NO_REQUIREMENT ? case_ : `${requirement} in ${case_}`,
  );
  const more = names.length > shown ? ` and ${names.length - shown} more` : '';
  return `${names.slice(0, shown).join(', ')}${more}`;
}
