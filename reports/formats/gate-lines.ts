import type { Point } from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';
import { standingsIn } from '../record/standing.ts';
import type { Paint } from './layout.ts';
import { wrap } from './layout.ts';
import { label, remarkLines } from './remarks.ts';

/** Lines on what a gate let pass, what was mended since the baseline, and what needs attention. */
export function gateLines(record: RunRecord, points: readonly Point[], paint: Paint): string[] {
  const { gate } = record;
  if (gate === undefined) return [];
  const standingOf = standingsIn(record);
  return [
    ...points
      .filter((point) => standingOf(point) === 'known')
      .flatMap((point) => remarkLines('known', point, paint)),
    ...points
      .filter(({ status }) => status === 'waived')
      .flatMap((point) => remarkLines('waive', point, paint)),
    ...gate.fixed.flatMap(({ case: case_, requirement, status }) =>
      wrap(label('fixed'), `${requirement} (${case_}): ${status} in the baseline`),
    ),
    ...gate.warnings.flatMap((warning) => wrap(label('note'), warning)),
  ];
}
