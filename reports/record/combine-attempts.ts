import type { RunStart } from './journal-lines.ts';
import type { Attempt, CaseFacts, RecordedCase, RequirementFacts, Verdict } from './record.ts';
import { isSafetyFailure } from './safety.ts';
import { isBad, type Status } from './status.ts';

type Run = Pick<Attempt, 'end' | 'verdicts'>;

/** How much a run of a case says, from nothing to the death of the target. */
const WEIGHTS: Readonly<Record<Status, number>> = {
  skip: 0,
  inconclusive: 0,
  info: 1,
  pass: 1,
  waived: 1,
  flaky: 2,
  warn: 2,
  fail: 3,
  hang: 4,
  crash: 5,
};

function weightOf({ end, verdicts }: Run, profile: string): number {
  const mine = verdicts.filter((verdict) => verdict.profile === profile);
  const weights = mine.map(({ status }) => WEIGHTS[status]);
  return Math.max(end === 'crash' || end === 'hang' ? WEIGHTS[end] : 0, ...weights);
}

/**
 * Of several runs of a case, the one whose evidence speaks for it: the one that says the worst, and
 * of equals the last. A failure that was seen must be there for those who doubt it.
 */
const tellingRun = (runs: readonly Attempt[], profile: string): Attempt =>
  runs.reduce((best, one) => (weightOf(one, profile) >= weightOf(best, profile) ? one : best));

/**
 * A case of a record from all its runs, the first one first. Several runs give one verdict for each
 * requirement, and each run stays visible as an attempt.
 *
 * @param runs at least one
 */
export function combineAttempts(
  facts: CaseFacts,
  runs: readonly Attempt[],
  { requirements, profile }: Pick<RunStart, 'requirements' | 'profile'>,
): RecordedCase {
  const telling = tellingRun(runs, profile);
  if (runs.length <= 1) return { ...facts, ...telling };
  const durationMs = runs.reduce((sum, one) => sum + one.durationMs, 0);
  const verdicts = settledVerdicts(runs, requirements);
  return { ...facts, ...telling, durationMs, verdicts, attempts: runs };
}

/**
 * Combines the verdicts of several runs of a case on the same target. A failure that was gone in
 * another run is `flaky`, unless it endangers data or the machine: then it stays, however often it
 * was gone. A run that could not decide takes nothing from one that could.
 */
function settledVerdicts(
  runs: readonly Run[],
  requirements: readonly RequirementFacts[],
): readonly Verdict[] {
  const groups = new Map<string, Verdict[]>();
  for (const verdict of runs.flatMap(({ verdicts }) => verdicts)) {
    const key = `${verdict.requirement} ${verdict.profile}`;
    groups.set(key, [...(groups.get(key) ?? []), verdict]);
  }
  return [...groups.values()].map((verdicts) => settled(verdicts, requirements));
}

/** What a run did, in a sentence. */
const PAST: Partial<Record<Status, string>> = {
  fail: 'failed',
  crash: 'crashed',
  hang: 'hung',
  warn: 'warned',
  inconclusive: 'was inconclusive',
};

function settled(verdicts: readonly Verdict[], requirements: readonly RequirementFacts[]): Verdict {
  const heaviest = verdicts.reduce((best, one) =>
    WEIGHTS[one.status] >= WEIGHTS[best.status] ? one : best,
  );
  const better = verdicts.filter(({ status }) => WEIGHTS[status] === WEIGHTS.pass);
  const failed = isBad(heaviest.status) || heaviest.status === 'warn';
  if (!failed || better.length === 0) return heaviest;
  const times = verdicts.length - better.length;
  const count = `${PAST[heaviest.status] ?? heaviest.status} in ${times} of ${verdicts.length} runs`;
  const reason = `${heaviest.reason} (${count})`;
  if (isSafetyFailure(heaviest, { requirements })) return { ...heaviest, reason };
  return { ...heaviest, status: 'flaky', reason };
}
