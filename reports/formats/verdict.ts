import { countPoints, eachPoint } from '../record/points.ts';
import type { ProfileSummary, RunRecord } from '../record/record.ts';

/** A verdict on a record or a profile in words, and the tone in which it is shown. */
export interface VerdictText {
  readonly tone: 'good' | 'bad' | 'open';
  readonly text: string;
}

/**
 * The verdict of a record, in a sentence. It says "conformant" only where nothing had to be
 * excused: a gate may let failures pass, but it makes no conformance of them.
 */
export function finalVerdict(record: RunRecord): VerdictText {
  const { profile, exitCode, gate } = record;
  const why = gate === undefined || gate.reasons.length === 0 ? '' : `: ${gate.reasons.join('; ')}`;
  const open = record.complete || gate !== undefined ? '' : ` ${incomplete(record)}`;
  if (exitCode === 0) return { tone: 'good', text: passed(record) };
  if (exitCode === 1) {
    const verdict =
      gate?.baseline === undefined ? 'Not conformant to' : 'Does not pass the gate for';
    return { tone: 'bad', text: `${verdict} profile ${profile}${why}.${open}` };
  }
  if (exitCode === 4)
    return { tone: 'open', text: `No failure of profile ${profile} stays${why}.` };
  if (gate !== undefined) return { tone: 'open', text: `No verdict on profile ${profile}${why}.` };
  const little = 'Too little was observed: a MUST is inconclusive, or none passed.';
  const reason = record.complete ? ` ${little}` : open;
  return { tone: 'open', text: `No verdict on profile ${profile}.${reason}` };
}

/**
 * How a target stands under one profile, in few words. "Holds" is kept for a whole run in which
 * nothing had to be excused.
 */
export function profileVerdict(
  { holds, counts }: ProfileSummary,
  { partial, shard }: Pick<RunRecord, 'partial' | 'shard'>,
): VerdictText {
  if (!holds) {
    const bad = counts.fail + counts.hang + counts.crash;
    return bad === 0 ? { tone: 'open', text: 'undecided' } : { tone: 'bad', text: 'does not hold' };
  }
  if (partial || shard !== undefined)
    return { tone: 'open', text: 'not broken by what was chosen' };
  if (counts.waived > 0) return { tone: 'open', text: 'holds but for what is waived' };
  return { tone: 'good', text: 'holds' };
}

const incomplete = ({ incompleteReason }: RunRecord): string =>
  `The run is incomplete: ${incompleteReason}.`;

function passed(record: RunRecord): string {
  const { profile, gate, partial, shard } = record;
  const { statuses } = countPoints(eachPoint(record));
  const excused = [
    [gate?.known.length ?? 0, 'that the baseline has too'],
    [statuses.waived, 'waived'],
  ] as const;
  const holds = record.summaries.find((one) => one.profile === profile)?.holds === true;
  const named = excused.filter(([number]) => number > 0).map(([number, how]) => `${number} ${how}`);
  if (named.length > 0) {
    return `Passes the gate for profile ${profile}, in spite of failures: ${named.join(', ')}.`;
  }
  if (!holds) return `Passes the gate for profile ${profile}, which was left undecided as before.`;
  const flaky = statuses.flaky === 0 ? '' : `, but ${statuses.flaky} flaked`;
  if (shard !== undefined) {
    const advice = 'merge all shards with allocert report for a verdict on the profile';
    const part = `shard ${shard.index} of ${shard.count}`;
    return `Nothing is broken in ${part}${flaky}; ${advice} ${profile}.`;
  }
  if (!partial) return `Conformant to profile ${profile}${flaky}.`;
  const advice = 'run without --only for a verdict on the profile';
  return `Nothing is broken in what was chosen${flaky}; ${advice} ${profile}.`;
}
