import { isBinding } from './binding.ts';
import type { FailOn } from './gate-outcome.ts';
import type { Point } from './points.ts';
import type { RecordedRequirement, RunRecord } from './record.ts';
import { isBad } from './status.ts';

/**
 * What a row, one case and one of its requirements, means for the exit code. Every format tells
 * these apart, so that none contradicts the gate:
 *
 * - `fails`, `open`, `flaky`: it makes the exit code 1, 3 or 4;
 * - `known`: it failed, flaked or was left undecided, and the baseline has that too;
 * - `waived`: it failed, and a waiver covers it;
 * - `remark`: it deserves a look and decides nothing;
 * - `skipped`, `passes`: as the words say.
 */
export type Standing =
  | 'fails'
  | 'open'
  | 'flaky'
  | 'known'
  | 'waived'
  | 'remark'
  | 'skipped'
  | 'passes';

/** Whether a row is a reason why the exit code is not 0. */
export const isDeciding = (standing: Standing): boolean => DECIDING.includes(standing);

const DECIDING: readonly Standing[] = ['fails', 'open', 'flaky'];

/** Tells how the rows of a record stand; made once for all of them. */
export function standingsIn(record: RunRecord): (point: Point) => Standing {
  const { gate } = record;
  const keys = (points: readonly { case: string; requirement: string }[] = []) =>
    new Set(points.map((one) => `${one.case} ${one.requirement}`));
  const [failures, known] = [keys(gate?.failures), keys(gate?.known)];
  const [open, flaked] = [gate?.open, gate?.flaked].map((points) =>
    points === undefined ? undefined : keys(points),
  );
  const needed = neededIn(record, gate?.failOn ?? 'must');
  const excused = gate?.baseline === undefined ? 'remark' : 'known';
  return (point) => {
    const key = `${point.case.id} ${point.requirement.id}`;
    const { status } = point;
    if (known.has(key)) return 'known';
    if (status === 'waived') return 'waived';
    if (gate === undefined ? isBad(status) : failures.has(key)) return 'fails';
    if (status === 'inconclusive' && needed(point.requirement)) {
      // Older gates did not say which of them they minded; with 0 it was none.
      return (open?.has(key) ?? record.exitCode !== 0) ? 'open' : excused;
    }
    // Where nothing is let pass, nothing that was left undecided is made light of.
    if (status === 'inconclusive' && gate === undefined && record.exitCode !== 0) return 'open';
    if (status === 'flaky') return flaked?.has(key) === true ? 'flaky' : 'remark';
    if (status === 'warn' || status === 'inconclusive') return 'remark';
    // What the deciding profile calls bad and no gate minds was never compared: it is told anew.
    if (isBad(status)) return 'fails';
    return status === 'skip' ? 'skipped' : 'passes';
  };
}

/** Tells which requirements have to be decided: a MUST that binds, or a SHOULD where that gates. */
export function neededIn(
  { profile, profiles }: Pick<RunRecord, 'profile' | 'profiles'>,
  failOn: FailOn,
): (requirement: RecordedRequirement) => boolean {
  const deciding = profiles.find(({ name }) => name === profile);
  return (one) =>
    (deciding !== undefined && isBinding(one, deciding)) ||
    (failOn === 'should' && one.level === 'SHOULD');
}

/** A row that no case has, for what decides the exit code and stands in no other row. */
export interface ExtraRow {
  readonly name: string;
  readonly reason: string;
  /** A word in place of a status. */
  readonly word: 'incomplete' | 'gate';
}

/**
 * The rows beside those of the cases: that the run did not come to its end, or why the exit code is
 * not 0 where no row of a case says so. With them, a format has a failed row exactly where the exit
 * code is not 0.
 */
export function extraRows(record: RunRecord, points: Iterable<Point>): readonly ExtraRow[] {
  const { complete, incompleteReason, exitCode, gate } = record;
  if (!complete) {
    return [{ name: 'the run was complete', reason: incompleteReason, word: 'incomplete' }];
  }
  if (exitCode === 0) return [];
  const standingOf = standingsIn(record);
  for (const point of points) if (isDeciding(standingOf(point))) return [];
  const reason = gate?.reasons.join('; ') ?? '';
  const name = 'the record decides the profile';
  return [{ name, reason: reason === '' ? 'too little was observed' : reason, word: 'gate' }];
}

/**
 * A row's reason with what let it pass, for formats that have one text for both; a waiver's words are
 * in the reason already.
 */
export const reasonWith = (standing: Standing, { gate }: RunRecord, { reason }: Point): string =>
  standing === 'known'
    ? `known, the baseline ${gate?.baseline?.path} has it too: ${reason}`
    : reason;
