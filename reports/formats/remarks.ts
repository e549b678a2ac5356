import { groupPoints, type Point } from '../record/points.ts';
import { type Style, wrap } from './layout.ts';

/** The column in which text begins after the word at the start of a line. */
const TEXT = 6;

/** The word at the start of a line, in the column that short words keep. */
export const label = (word: string): string => `${word.toUpperCase()} `.padEnd(TEXT);

/** A sentence under a word; all lines but the first begin in one column. */
export const labelled = (word: string, text: string, { columns }: Style): string[] =>
  wrap(label(word), text, columns, TEXT);

/** A point in a line or two, under a word. */
export function remarkLines(word: string, point: Point, style: Style): string[] {
  const { requirement, expected, observed, reason } = point;
  const seen =
    expected.length === 0 || observed.length === 0
      ? ''
      : `expected ${expected.join(' or ')}, observed ${observed.join(', ')}: `;
  const text = `${requirement.id} (${point.case.id}): ${seen}${reason}`;
  return noticed(labelled(word, text, style), style);
}

const LACK = /operation that this case needs \((\w+)/;

/** The first operation that a row lacks, in a sentence; else its reason as it is. */
function sharedReason({ reason }: Point): string {
  const [, operation] = LACK.exec(reason) ?? [];
  return operation === undefined ? reason : `the target does not offer ${operation}`;
}

/**
 * What was not looked at for one reason, in one paragraph for each reason. Cases that need several
 * operations that the target lacks stand with the first.
 */
export function remarksByReason(word: string, points: readonly Point[], style: Style): string[] {
  const groups = groupPoints(points, sharedReason);
  return [...groups].flatMap(([reason, rows]) => {
    const [only, ...more] = rows;
    if (only !== undefined && more.length === 0) return remarkLines(word, only, style);
    return noticed(
      labelled(word, `${rows.length} rows, ${reason}: ${rulesAndCases(rows)}`, style),
      style,
    );
  });
}

/** Each rule once, with its case, or with how many there are. */
export function rulesAndCases(points: readonly Point[]): string {
  const rules = groupPoints(points, ({ requirement }) => requirement.id);
  return [...rules]
    .map(([rule, [first, ...more]]) =>
      more.length === 0 ? `${rule} (${first?.case.id})` : `${rule} (${more.length + 1} cases)`,
    )
    .join(', ');
}

/** Lines of which the first asks for attention. */
export function noticed(lines: readonly string[], { paint }: Style): string[] {
  const [first = '', ...rest] = lines;
  return [paint('yellow', first), ...rest];
}
