import type { IdleWaiver, UsedWaiver, Waiver } from '../record/gate-outcome.ts';
import type { RecordedCase, RunRecord, Verdict } from '../record/record.ts';
import { isSafetyFailure } from '../record/safety.ts';
import { isBad } from '../record/status.ts';
import { scopes, speaksOf } from './match.ts';
import { endOf } from './waiver-end.ts';

/** The effect of waivers on a record. */
export interface Waived {
  /** The record's cases, with what waivers cover turned into `waived`. */
  readonly cases: readonly RecordedCase[];
  readonly used: readonly UsedWaiver[];
  /** Waivers past their end: what they cover fails. */
  readonly expired: readonly UsedWaiver[];
  /** Waivers that cover a safety failure without acknowledging it: it fails. */
  readonly refused: readonly UsedWaiver[];
  /** Waivers of what was observed and does not fail any more. */
  readonly passingAgain: readonly Waiver[];
  /** Waivers that cover nothing that was observed. */
  readonly unused: readonly IdleWaiver[];
}

/** A waiver with what it met in a record, as `CASE REQUIREMENT`. */
interface Met {
  readonly waiver: Waiver;
  readonly used: Set<string>;
  readonly expired: Set<string>;
  readonly refused: Set<string>;
  /** Whether something in its scope was observed and does not fail. */
  passes: boolean;
}

/**
 * Turns failures that waivers cover into `waived`. A verdict keeps what it was, so that no report
 * hides it.
 *
 * @param record without waivers so far
 * @param today the day in UTC, as `2026-01-31`; a waiver holds on its last day
 */
export function waive(record: RunRecord, waivers: readonly Waiver[], today: string): Waived {
  const all = waivers.map(
    (waiver): Met => ({
      waiver,
      used: new Set(),
      expired: new Set(),
      refused: new Set(),
      passes: false,
    }),
  );
  const speaking = all.filter(({ waiver }) => speaksOf(waiver, record));
  const cases = record.cases.map((one) => ({
    ...one,
    verdicts: one.verdicts.map((verdict) => {
      const mine = speaking.filter(({ waiver }) => scopes(waiver, one.id, verdict));
      return applyWaivers(mine, `${one.id} ${verdict.requirement}`, verdict, { record, today });
    }),
  }));
  const that = (manner: 'used' | 'expired' | 'refused'): UsedWaiver[] =>
    all
      .filter((one) => one[manner].size > 0)
      .map((one) => ({ ...one.waiver, waived: [...one[manner]] }));
  const idle = all.filter(
    ({ used, expired, refused }) => used.size + expired.size + refused.size === 0,
  );
  return {
    cases,
    used: that('used'),
    expired: that('expired'),
    refused: that('refused'),
    passingAgain: idle.filter(({ passes }) => passes).map(({ waiver }) => waiver),
    unused: idle
      .filter(({ passes }) => !passes)
      .map(({ waiver }) => ({ ...waiver, why: whyUnused(waiver, record) }))
      .filter(({ why }) => why !== ''),
  };
}

/** A verdict under the waivers in whose scope it is; one that holds is enough. */
function applyWaivers(
  waivers: readonly Met[],
  name: string,
  verdict: Verdict,
  { record, today }: { readonly record: RunRecord; readonly today: string },
): Verdict {
  if (!isWaivable(verdict)) {
    const passes = verdict.status === 'pass' || verdict.status === 'info';
    if (passes) for (const one of waivers) one.passes = true;
    return verdict;
  }
  const endangers = isSafetyFailure(verdict, record);
  let holds = false;
  for (const one of waivers) {
    if (endangers && one.waiver.acknowledgesSafety !== true) {
      one.refused.add(name);
    } else if (endOf(one.waiver, { today, allocert: record.allocert }) !== undefined) {
      one.expired.add(name);
    } else {
      one.used.add(name);
      holds = true;
    }
  }
  return holds ? { ...verdict, status: 'waived', waivedFrom: verdict.status } : verdict;
}

/** Warnings and flakiness can be waived too, since `--fail-on` makes them fail. */
const isWaivable = ({ status }: Verdict): boolean =>
  isBad(status) || status === 'warn' || status === 'flaky';

/** Empty where the run set out to run only a part and left out what the waiver covers. */
function whyUnused(waiver: Waiver, record: RunRecord): string {
  if (!speaksOf(waiver, record)) return `no target here is ${waiver.target}`;
  const { id, case: case_, profile } = waiver;
  if (!record.requirements.some((one) => one.id === id)) {
    return `the ${record.profiles[0]?.abi ?? 'target’s'} ABI has no requirement ${id}`;
  }
  if (profile !== undefined && !record.profiles.some(({ name }) => name === profile)) {
    return `the ABI has no profile ${profile}`;
  }
  const chosen = record.cases.filter((one) => (case_ ?? one.id) === one.id);
  if (chosen.some(({ requirements }) => requirements.includes(id))) return 'it was not observed';
  if (record.partial || record.shard !== undefined) return '';
  return case_ === undefined ? 'no case observes it' : `no case ${case_} observes it`;
}
