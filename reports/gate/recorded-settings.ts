import type {
  Baseline,
  GateOutcome,
  GateSettings,
  UsedWaiver,
  Waiver,
} from '../record/gate-outcome.ts';
import type { RunRecord } from '../record/record.ts';
import { openOf, pointKey } from './gated-points.ts';
import { rederive } from './rederive.ts';
import { waive } from './waive.ts';

/**
 * The settings with which a gate came to its outcome, as far as they had a part in it: of a
 * baseline, the points that the outcome names.
 *
 * @param raw the record before the gate
 * @param used the waivers that were used
 */
export function recordedSettings(
  raw: RunRecord,
  outcome: GateOutcome,
  used: readonly UsedWaiver[],
): GateSettings {
  const { failOn, failOnFlaky, maxSkips, today, baseline } = outcome;
  const waivers = waiversOf(outcome, used);
  return {
    ...{ failOn, failOnFlaky, today, waivers },
    ...(maxSkips === undefined ? {} : { maxSkips }),
    ...(baseline === undefined
      ? {}
      : { baseline: { ...baseline, ...pointsBefore(raw, outcome, waivers) } }),
  };
}

function waiversOf(
  { expired, refused, unused, passingAgain }: GateOutcome,
  used: readonly UsedWaiver[],
): readonly Waiver[] {
  const met = [...used, ...expired, ...refused].map(({ waived: _, ...waiver }): Waiver => waiver);
  const idle = unused.map(({ why: _, ...waiver }): Waiver => waiver);
  const all = [...met, ...idle, ...passingAgain];
  return [...new Map(all.map((one) => [keyOf(one), one])).values()];
}

/** The same for the same waiver, in whatever order its members stand. */
const keyOf = (waiver: Waiver): string => JSON.stringify(Object.entries(waiver).toSorted());

/** What failed in the baseline and what it left open, as far as the outcome shows it. */
function pointsBefore(
  raw: RunRecord,
  { known, fixed, unobserved, flaky, flaked = [], open = [], failOn, today }: GateOutcome,
  waivers: readonly Waiver[],
): Pick<Baseline, 'failing' | 'open'> {
  const gated = rederive(raw, waive(raw, waivers, today).cases);
  const [freshFlaky, freshOpen] = [flaked, open].map((points) => new Set(points.map(pointKey)));
  return {
    failing: [
      ...known,
      ...fixed,
      ...unobserved,
      ...flaky.filter((point) => freshFlaky?.has(pointKey(point)) !== true),
    ],
    open: openOf(gated, failOn).filter((point) => freshOpen?.has(pointKey(point)) !== true),
  };
}
