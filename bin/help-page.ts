import { configFlag } from '../config/config-flag.ts';

/** What allocert is for, as its help begins. */
export const PURPOSE = 'Certifies memory allocators that hand out dma-buf file descriptors.';

/** Columns below which the parser lays out help: the words of a command then need a break, too. */
export const HELP_COLUMNS_MIN = 60;

/** Blanks before the first column, and after it. */
const MARGIN = 2;

/** The options of `allocert` itself: how each is written, what it does, and what it takes. */
const OPTIONS = [
  { flag: '    --config', describe: configFlag.describe, kind: `[${configFlag.type}]` },
  { flag: '    --version', describe: 'Show version number', kind: '[boolean]' },
  { flag: '-h, --help', describe: 'Show help', kind: '[boolean]' },
] as const;

/**
 * The help of `allocert` without a command, line by line, as the parser lays it out; loading the
 * parser takes three times as long as printing this.
 *
 * @param columns of a line, {@link HELP_COLUMNS_MIN} at least
 */
export function helpPage(
  commands: readonly { readonly command: string; readonly describe: string }[],
  columns: number,
): readonly string[] {
  const named = commands.map(({ command, describe }) => ({
    name: `allocert ${command}`,
    describe,
  }));
  const wide = widthOf(named.map(({ name }) => name));
  const switches = widthOf(OPTIONS.map(({ flag }) => flag));
  return [
    'allocert <command>',
    '',
    ...broken(PURPOSE, columns),
    '',
    'Commands:',
    ...named.flatMap(({ name, describe }) => rowsOf(name, describe, wide, columns)),
    '',
    'Options:',
    ...OPTIONS.flatMap(({ flag, describe, kind }) =>
      withKind(rowsOf(flag, describe, switches, columns), kind, columns),
    ),
  ];
}

/** Columns of a first column, with its margins. */
const widthOf = (words: readonly string[]): number =>
  Math.max(...words.map(({ length }) => length)) + 2 * MARGIN;

function rowsOf(first: string, text: string, wide: number, columns: number): string[] {
  return broken(text, columns - wide).map((line, index) =>
    index === 0 ? `${' '.repeat(MARGIN)}${first}`.padEnd(wide) + line : ' '.repeat(wide) + line,
  );
}

/** What an option takes stands at the right, on a line of its own where there is no room. */
function withKind(rows: readonly string[], kind: string, columns: number): string[] {
  const last = rows.at(-1) ?? '';
  const room = columns - kind.length;
  if (last.length > room) return [...rows, kind.padStart(columns)];
  return [...rows.slice(0, -1), last.padEnd(room) + kind];
}

/** Lines of whole words. */
function broken(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
