import { claimSentence, isClaimable } from '../record/claim.ts';
import { countPoints, eachPoint } from '../record/points.ts';
import type { ProfileSummary, RunRecord } from '../record/record.ts';
import { standingsIn } from '../record/standing.ts';
import { isBad } from '../record/status.ts';

/** A verdict on a record or a profile in words, and the tone in which it is shown. */
export interface VerdictText {
  readonly tone: 'good' | 'bad' | 'open';
  readonly text: string;
  /** Whether it names safety rules that something excuses: none of them passes in silence. */
  readonly excused?: boolean;
}

/**
 * The verdict of a record, in a sentence. It says "conformant" only where nothing had to be
 * excused: a gate may let failures pass, but it makes no conformance of them.
 */
export function finalVerdict(record: RunRecord): VerdictText {
  const verdict = plainVerdict(record);
  const excuses = safetyExcuses(record);
  if (excuses.length === 0) return verdict;
  const text = `${verdict.text} Excused, although safety rules: ${excuses.join(', ')}.`;
  return { ...verdict, text, excused: true };
}

/** Safety rules that were seen broken and do not decide, each with what excuses it. */
function safetyExcuses(record: RunRecord): readonly string[] {
  const standingOf = standingsIn(record);
  const excuses = new Map<string, string>();
  for (const point of eachPoint(record)) {
    const { requirement, status } = point;
    const standing = standingOf(point);
    const died = status === 'crash' || status === 'hang';
    if (requirement.authority !== 'safety' && !died) continue;
    if (standing === 'known' && isBad(status)) excuses.set(requirement.id, 'in the baseline');
    if (standing === 'waived') excuses.set(requirement.id, 'waived');
    if (standing === 'remark' && status === 'warn') {
      excuses.set(requirement.id, requirement.level === 'MUST' ? 'known deviation' : 'no MUST');
    }
  }
  return [...excuses].map(([id, why]) => `${id} (${why})`);
}

function plainVerdict(record: RunRecord): VerdictText {
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
  const partly = partlyObserved(record.summaries.find((one) => one.profile === profile));
  if (partly !== undefined) return { tone: 'open', text: partly };
  const little = 'Too little was observed: a MUST is inconclusive, or none passed.';
  const reason = record.complete ? ` ${little}` : open;
  return { tone: 'open', text: `No verdict on profile ${profile}.${reason}` };
}

/**
 * How a target stands under one profile, in few words. "Holds" is kept for a whole run in which
 * nothing had to be excused.
 */
export function profileVerdict(summary: ProfileSummary, record: RunRecord): VerdictText {
  const { holds, counts } = summary;
  const { partial, shard } = record;
  if (!holds) {
    const bad = counts.fail + counts.hang + counts.crash;
    if (bad > 0 && isLetPass(summary, record)) {
      return { tone: 'open', text: 'holds but for what is known' };
    }
    if (bad > 0) return { tone: 'bad', text: 'does not hold' };
    const partly = partlyObserved(summary) !== undefined;
    return { tone: 'open', text: partly ? 'partly observed' : 'undecided' };
  }
  if (partial || shard !== undefined) {
    const but = counts.waived > 0 ? ', but for what is waived' : '';
    return { tone: 'open', text: `not broken by what was chosen${but}` };
  }
  if (counts.waived > 0) return { tone: 'open', text: 'holds but for what is waived' };
  return { tone: 'good', text: 'holds' };
}

/** Whether the gate knows all that is broken in the deciding profile: it must not be accused. */
const isLetPass = ({ profile }: ProfileSummary, record: RunRecord): boolean =>
  profile === record.profile && record.exitCode === 0;

/** That nothing is broken and too little was seen for a claim; undefined for everything else. */
function partlyObserved(summary: ProfileSummary | undefined): string | undefined {
  if (summary?.claim === undefined || isClaimable(summary.claim)) return undefined;
  const { counts, profile, mustObserved, mustApplicable } = summary;
  if (counts.fail + counts.hang + counts.crash > 0) return undefined;
  return (
    `Partly observed: nothing is broken in ${mustObserved} of ${mustApplicable} applicable MUSTs ` +
    `of profile ${profile}, but ${claimSentence(summary.claim)}.`
  );
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
  const rows = (number: number): string => `${number} ${number === 1 ? 'row' : 'rows'}`;
  const holds = record.summaries.find((one) => one.profile === profile)?.holds === true;
  const named = excused
    .filter(([number]) => number > 0)
    .map(([number, how]) => `${rows(number)} ${how}`);
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
