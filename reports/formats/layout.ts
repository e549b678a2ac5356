import { printable } from '../../base/clean-text.ts';

/** Columns of text in files, which is pasted into mails and logs; a terminal has its own. */
export const COLUMNS = 100;

/** The columns of text that is read by programs: no line is broken. */
export const UNBROKEN = Number.POSITIVE_INFINITY;

/** The least room in which a sentence stands beside what it starts with, and not below it. */
const BESIDE = 24;

/** How a text is laid out. */
export interface Style {
  readonly paint: Paint;
  /** Of a line; {@link UNBROKEN} for any length. */
  readonly columns: number;
}

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
 * @param first what the first line starts with; where it leaves little room, it has a line alone
 * @param hang blanks before further lines; as long as `first` when left out
 */
export function wrap(
  first: string,
  text: string,
  columns: number = COLUMNS,
  hang: number = first.length,
): string[] {
  if (first.trim() !== '' && text !== '' && columns - hang < BESIDE) {
    return [first.trimEnd(), ...wrap('    ', text, columns)];
  }
  return fold(first, text, columns, hang);
}

/** As {@link wrap}, and the text always begins right behind `first`. */
export function fold(first: string, text: string, columns: number, hang: number): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true; // Nothing but what it starts with.
  const indent = ' '.repeat(hang);
  const words = printable(text).split(' ').filter(Boolean);
  for (const word of words.flatMap(pieces(Math.max(1, columns - hang)))) {
    if (!isEmpty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = `${indent}${word}`;
    } else {
      line = isEmpty ? `${line}${word}` : `${line} ${word}`;
    }
    isEmpty = false;
  }
  lines.push(line);
  return lines.map((one) => one.trimEnd());
}

/** The pieces of a word that is longer than a line: after a slash where it has one. */
const pieces =
  (width: number) =>
  (word: string): string[] => {
    if (word.length <= width) return [word];
    const parts = word.match(/[^/,&]*[/,&]?/gu)?.filter(Boolean) ?? [word];
    const found: string[] = [];
    let piece = '';
    for (const part of parts.flatMap(
      (one) => one.match(new RegExp(`.{1,${width}}`, 'gsu')) ?? [],
    )) {
      if (piece !== '' && piece.length + part.length > width) {
        found.push(piece);
        piece = '';
      }
      piece += part;
    }
    return [...found, piece];
  };
