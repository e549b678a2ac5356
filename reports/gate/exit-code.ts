import { isBinding } from '../record/binding.ts';
import { claimSentence, isClaimable } from '../record/claim.ts';
import type { Baseline, GateOutcome, GatePoint } from '../record/gate-outcome.ts';
import type { RunRecord } from '../record/record.ts';
import { phraseOf, pointKey } from './gated-points.ts';
import { endOf } from './waiver-end.ts';

/** A gate's facts before it has said anything. */
export type GateFacts = Omit<GateOutcome, 'reasons' | 'warnings'>;

/** The exit code, and every reason why it is not 0, worst first. */
export interface GateVerdict {
  readonly exitCode: RunRecord['exitCode'];
  readonly reasons: readonly string[];
}

/**
 * 1 for a failure that gates; else 3 when too little was observed; else 4 when something flaked
 * that may not. The reasons name the lesser ones too.
 */
export function verdictOf(record: RunRecord, facts: GateFacts): GateVerdict {
  const failed = failedReasons(record, facts);
  const incomplete = incompleteReasons(record, facts);
  const flaked = flakyReasons(facts);
  const exitCode = failed.length > 0 ? 1 : incomplete.length > 0 ? 3 : flaked.length > 0 ? 4 : 0;
  return { exitCode, reasons: [...failed, ...incomplete, ...flaked] };
}

function failedReasons(
  { allocert }: RunRecord,
  { failures, baseline, expired, refused, today }: GateFacts,
): string[] {
  if (failures.length === 0) return [];
  const dated = new Set([...expired, ...refused].flatMap(({ waived }) => waived));
  const fresh = failures.filter((point) => !dated.has(pointKey(point)));
  const again = failures.filter((point) => dated.has(pointKey(point)));
  const since = baseline === undefined ? '' : ' that the baseline does not have';
  const plain = [
    ...(fresh.length === 0
      ? []
      : [`${counted(fresh.length, 'failing row')}${since}: ${phraseOf(fresh)}`]),
    ...(again.length === 0
      ? []
      : [
          `${counted(again.length, 'failing row')} whose waiver excuses nothing: ${phraseOf(again)}`,
        ]),
  ];
  const late = expired.map(
    (waiver) =>
      `the waiver of ${waiver.id} ${endOf(waiver, { allocert, today })}, so it excuses nothing; ` +
      `${waiver.owner} owns it, ${waiver.issue}`,
  );
  const unsafe = refused.map(
    ({ id }) =>
      `the waiver of ${id} excuses nothing: the failure endangers data or the machine; ` +
      'if that is known and accepted, say "acknowledgesSafety": true in it',
  );
  return [...plain, ...late, ...unsafe];
}

/** Points that had to be decided and that the baseline could decide; the others are no news. */
export function freshOpen(
  open: readonly GatePoint[],
  baseline: Baseline | undefined,
): readonly GatePoint[] {
  const before = new Set([...(baseline?.open ?? []), ...(baseline?.failing ?? [])].map(pointKey));
  return open.filter((point) => !before.has(pointKey(point)));
}

/** Points that flaked and neither failed nor flaked in the baseline. */
export function freshFlaky(
  flaky: readonly GatePoint[],
  baseline: Baseline | undefined,
): readonly GatePoint[] {
  const before = new Set((baseline?.failing ?? []).map(pointKey));
  return flaky.filter((point) => !before.has(pointKey(point)));
}

function incompleteReasons(record: RunRecord, { skips, maxSkips, open = [] }: GateFacts): string[] {
  const reasons: string[] = [];
  if (!record.complete) reasons.push(`the run is incomplete: ${record.incompleteReason}`);
  if (open.length > 0) {
    reasons.push(`${counted(open.length, 'row')} could not be decided: ${phraseOf(open)}`);
  }
  if (!passedAny(record)) reasons.push('no MUST that binds passed');
  reasons.push(...claimReasons(record));
  if (maxSkips !== undefined && skips > maxSkips) {
    reasons.push(`${counted(skips, 'case')} skipped, and --max-skips allows ${maxSkips}`);
  }
  return reasons;
}

function passedAny({ requirements, profiles, profile }: RunRecord): boolean {
  const deciding = profiles.find(({ name }) => name === profile);
  if (deciding === undefined) return false;
  return requirements.some((one) => isBinding(one, deciding) && one.statuses[profile] === 'pass');
}

function claimReasons({ summaries, profile }: RunRecord): string[] {
  const claim = summaries.find((one) => one.profile === profile)?.claim;
  return claim === undefined || isClaimable(claim)
    ? []
    : [`too little for a claim: ${claimSentence(claim)}`];
}

function flakyReasons({ flaked = [] }: GateFacts): readonly string[] {
  return flaked.length === 0
    ? []
    : [`${counted(flaked.length, 'row')} flaked: ${phraseOf(flaked)}`];
}

const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;
