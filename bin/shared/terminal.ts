import { inspect } from 'node:util';
import { outputLine } from '../../base/clean-text.ts';
import { redact } from '../../base/redact.ts';

/**
 * The one way of text to a terminal. Whatever comes from a target, an adapter or a file is in it
 * and is cleaned here, line by line; only files in the format of a report go past it.
 */

/** The colours that a summary is painted with, as it writes them; see reports/formats/layout.ts. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
const PAINT = /(\u001b\[(?:1|22|31|32|33|39)m)/;

/** A line of output, and its colours where they are wanted. */
const cleaned = (line: string, isPainted: boolean): string =>
  isPainted
    ? line
        .split(PAINT)
        .map((part, index) => (index % 2 === 1 ? part : outputLine(part)))
        .join('')
    : outputLine(line);

/** Prints lines on standard output. What breaks a line inside of one is a space. */
export function say(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${outputLine(line)}\n`);
}

/**
 * Prints a text of several lines.
 *
 * @param isPainted whether its colours stay
 */
export function sayText(text: string, stream: NodeJS.WriteStream, isPainted = false): void {
  const lines = text.replace(/\n$/, '').split('\n');
  stream.write(lines.map((line) => `${cleaned(line, isPainted)}\n`).join(''));
}

/** Prints a line on standard error that says how far something is. */
export const mention = (line: string): void => {
  process.stderr.write(`${outputLine(line)}\n`);
};

/** Prints one sentence for the user on standard error, without secrets. */
export const complain = (sentence: string): void => mention(`allocert: ${redact(sentence)}`);

/** Prints what was thrown with its stack, where somebody asked to see it. */
export function complainFully(thrown: unknown): void {
  if (process.env.ALLOCERT_DEBUG === undefined) return;
  sayText(redact(inspect(thrown)), process.stderr);
}

/** Whether standard output takes colours: a terminal, unless they are switched off. */
export const coloured = (): boolean =>
  process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
