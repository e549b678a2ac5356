import { PARALLEL } from '../../generate/mode-selection.ts';
import { isPromised, signatureOf } from '../../judge/judge-scenario.ts';
import type { Detection, RoundReport } from '../../judge/round-report.ts';
import type { CampaignContext } from '../../plan/campaign-context.ts';
import { asProgram } from './as-program.ts';
import type { PackedViolation } from './judge-round.ts';
import type { PackedRound } from './part-runner.ts';
import { windowOf } from './window.ts';

/** One part of a batch of rounds that several threads run at once. */
export interface PartTask {
  readonly indices: readonly number[];
  /** Which part, of how many. */
  readonly part: number;
  readonly parts: number;
  /** Memory that the parts share. */
  readonly buffer: SharedArrayBuffer;
  /** Signatures that need no proof any more. */
  readonly known: ReadonlySet<string>;
}

/**
 * Reports a parallel round, with a window of ordinary Programs for each new violation.
 *
 * @param known signatures that need no proof any more
 */
export function reportOf(
  { rules, generator }: CampaignContext,
  { memory, operations, peakPages, violations }: PackedRound,
  index: number,
  known: ReadonlySet<string>,
): RoundReport {
  const promised = violations.filter(({ requirement }) => isPromised(rules.profile, requirement));
  const detection = (packed: PackedViolation): Detection => {
    const { detail, kind, oracle, requirement } = packed;
    const violation = { oracle, requirement, kind, detail, events: [] };
    const { histories, scenario } = asProgram(
      generator,
      memory.parts,
      windowOf(memory.parts, packed),
    );
    return { index, round: { scenario, histories, violations: [violation] }, violation };
  };
  const signatures = promised.map((one) => signatureOf({ ...one, events: [] }));
  const detections = promised.filter((_, at) => !known.has(signatures[at] ?? '')).map(detection);
  const peakBytes = BigInt(peakPages) * generator.page;
  return { done: { index, mode: PARALLEL, operations, signatures }, detections, peakBytes };
}
