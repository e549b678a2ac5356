import { printable } from '../../base/clean-text.ts';

/** A sentence under a label: whoever prints it breaks it into lines that start below `first`. */
export interface Paragraph {
  readonly first: string;
  readonly text: string;
}

/**
 * A table for a terminal: columns as wide as their widest cell, no trailing blanks.
 *
 * @param given the first row is the head
 * @param width columns of a line; where the table is wider, each row becomes some lines of its own
 */
export function textTable(
  given: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const rows = given.map((row) => row.map(printable));
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? '')].length)),
  );
  const wide = widths.reduce((sum, one) => sum + one + 2, -2);
  if (wide > width) return rowsAsLists(rows);
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length))
      .join('  ')
      .trimEnd(),
  );
}

/** Each row under its first two cells, with the others named by the head. */
function rowsAsLists([head = [], ...rows]: readonly (readonly string[])[]): string[] {
  return rows.flatMap(([mark = '', name = '', ...cells]) => [
    `${mark} ${name}`.trimEnd(),
    ...cells.map((cell, index) => `    ${head[index + 2] ?? ''} ${cell}`.trimEnd()),
  ]);
}

/**
 * A table in Markdown. What a target wrote cannot end a cell or a line, nor become a tag.
 *
 * @param rows the first one is the head
 */
export function markdownTable(rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [head = [], ...body] = rows.map((row) => row.map(markdownCell));
  return [line(head), line(head.map(() => '---')), ...body.map(line)];
}

const markdownCell = (text: string): string =>
  printable(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/([\\|`*[\]])/g, '\\$1');
