import { printable } from '../../base/clean-text.ts';

/**
 * Columns of plain-text reports, whatever the terminal has: they are pasted into mails and logs.
 */
export const COLUMNS = 100;

/** Something that colours text, or does not. */
export type Paint = (colour: Colour, text: string) => string;

/** Colours that the summary uses. */
export type Colour = 'red' | 'yellow' | 'green' | 'bold';

const CODES: Readonly<Record<Colour, readonly [number, number]>> = {
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  bold: [1, 22],
};

/** Colours for a terminal, or plain text for everything else. */
export const painter =
  (coloured: boolean): Paint =>
  (colour, text) => {
    const [on, off] = CODES[colour];
    return coloured ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  };

/**
 * Breaks a sentence into lines. Words longer than a line are broken too.
 *
 * @param first what the first line starts with; further ones are indented as far
 */
export function wrap(first: string, text: string, columns: number = COLUMNS): string[] {
  const width = columns - first.length;
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ').filter(Boolean).flatMap(pieces(width))) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  const indent = ' '.repeat(first.length);
  return lines.map((one, index) => `${index === 0 ? first : indent}${one}`.trimEnd());
}

const pieces =
  (width: number) =>
  (word: string): string[] =>
    word.match(new RegExp(`.{1,${width}}`, 'gsu')) ?? [word];
