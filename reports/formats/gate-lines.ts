import type { Point } from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';
import { standingsIn } from '../record/standing.ts';
import type { Style } from './layout.ts';
import { labelled, remarkLines } from './remarks.ts';

/** Lines on what a gate let pass, what was mended since the baseline, and what needs attention. */
export function gateLines(record: RunRecord, points: readonly Point[], style: Style): string[] {
  const { gate } = record;
  if (gate === undefined) return [];
  const standingOf = standingsIn(record);
  return [
    ...points
      .filter((point) => standingOf(point) === 'known')
      .flatMap((point) => remarkLines('known', point, style)),
    ...points
      .filter(({ status }) => status === 'waived')
      .flatMap((point) => remarkLines('waived', point, style)),
    ...gate.fixed.flatMap(({ case: case_, requirement, status }) =>
      labelled('fixed', `${requirement} (${case_}): ${status} in the baseline`, style),
    ),
    ...gate.warnings.flatMap((warning) => labelled('note', warning, style)),
  ];
}
