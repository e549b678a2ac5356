import type { Point } from '../record/points.ts';
import type { RunRecord } from '../record/record.ts';
import type { Paint } from './layout.ts';
import { wrap } from './layout.ts';
import { label, remarkLines } from './remarks.ts';

/** Tells failures that a baseline has too from the others. */
export function knownIn({ gate }: RunRecord): (point: Point) => boolean {
  const known = new Set(gate?.known.map((one) => `${one.case} ${one.requirement}`));
  return ({ case: { id }, requirement }) => known.has(`${id} ${requirement.id}`);
}

/** Lines on what a gate let pass, what was mended since the baseline, and what needs attention. */
export function gateLines(record: RunRecord, points: readonly Point[], paint: Paint): string[] {
  const { gate } = record;
  if (gate === undefined) return [];
  const isKnown = knownIn(record);
  return [
    ...points.filter(isKnown).flatMap((point) => remarkLines('known', point, paint)),
    ...points
      .filter(({ status }) => status === 'waived')
      .flatMap((point) => remarkLines('waive', point, paint)),
    ...gate.fixed.flatMap(({ case: case_, requirement, status }) =>
      wrap(label('fixed'), `${requirement} (${case_}): ${status} in the baseline`),
    ),
    ...gate.warnings.flatMap((warning) => wrap(label('note'), warning)),
  ];
}
