import type { Baseline, BaselineHead, GateOutcome, GateSettings } from '../record/gate-outcome.ts';
import type { RunRecord } from '../record/record.ts';
import { compareWithBaseline, refuseOtherBaseline } from './compare-baseline.ts';
import { freshFlaky, freshOpen, verdictOf } from './exit-code.ts';
import { failuresOf, openOf, pointsWith } from './gated-points.ts';
import { rederive } from './rederive.ts';
import { waive } from './waive.ts';
import { warningsOf } from './warnings.ts';
import { withoutGate } from './without-gate.ts';

/** The gate when none is asked for: every MUST gates, and nothing is excused. */
export const PLAIN_GATE: Omit<GateSettings, 'today'> = {
  failOn: 'must',
  failOnFlaky: false,
  waivers: [],
};

/**
 * Puts a record through a gate: failures that waivers cover become `waived`, failures that the
 * baseline has too are known, and the rest decides the exit code. An earlier gate is undone first,
 * so that a record can be gated again.
 *
 * @throws {@link AllocertError} (usage) when the baseline is of another ABI or profile
 */
export function gate(given: RunRecord, settings: GateSettings): RunRecord {
  const raw = withoutGate(given);
  const { baseline, waivers, today, failOn, failOnFlaky, maxSkips } = settings;
  if (baseline !== undefined) refuseOtherBaseline(raw, baseline);
  const { cases, used, ...others } = waive(raw, waivers, today);
  const record = rederive({ ...raw, waivers: used }, cases);
  const failures = failuresOf(record, failOn);
  const broken = [...others.expired, ...others.refused].flatMap(({ waived }) => waived);
  const compared =
    baseline === undefined
      ? { fresh: failures, known: [], fixed: [], unobserved: [] }
      : compareWithBaseline(record, failures, baseline, new Set(broken));
  const flaky = pointsWith(record, 'flaky');
  const facts = {
    failOn,
    failOnFlaky,
    ...(maxSkips === undefined ? {} : { maxSkips }),
    skips: cases.filter(({ end }) => end === 'skip').length,
    today,
    ...(baseline === undefined ? {} : { baseline: headOf(baseline) }),
    failures: compared.fresh,
    known: compared.known,
    fixed: compared.fixed,
    unobserved: compared.unobserved,
    flaky,
    open: freshOpen(openOf(record, failOn), baseline),
    flaked: failOnFlaky ? freshFlaky(flaky, baseline) : [],
    ...others,
  };
  const { exitCode, reasons } = verdictOf(record, facts);
  const outcome: GateOutcome = { ...facts, reasons, warnings: warningsOf(record, facts) };
  return { ...record, gate: outcome, exitCode };
}

const headOf = ({ failing: _, open: __, ...head }: Baseline): BaselineHead => head;
