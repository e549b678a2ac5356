import type { Point } from '../record/points.ts';
import { type Paint, wrap } from './layout.ts';

/** The word at the start of a line, in the column that all lines keep. */
export const label = (word: string): string => word.toUpperCase().padEnd(6);

/** A point in a line or two, under a word of at most five letters. */
export function remarkLines(word: string, point: Point, paint: Paint): string[] {
  const { requirement, expected, observed, reason } = point;
  const seen =
    expected.length === 0 || observed.length === 0
      ? ''
      : `expected ${expected.join(' or ')}, observed ${observed.join(', ')}: `;
  const text = `${requirement.id} (${point.case.id}): ${seen}${reason}`;
  const [first = '', ...rest] = wrap(label(word), text);
  return [paint('yellow', first), ...rest];
}
