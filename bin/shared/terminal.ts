import { inspect } from 'node:util';
import { jsonText, outputLine } from '../../base/clean-text.ts';
import { redact } from '../../base/redact.ts';
import { painter, type Style, UNBROKEN, wrap } from '../../reports/formats/layout.ts';
import { clearLiveLine, tellsProgress } from './live-line.ts';

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
  clearLiveLine();
  for (const line of lines) process.stdout.write(`${outputLine(line)}\n`);
}

/** Prints lines on standard output that keep their colours. */
export function sayPainted(...lines: readonly string[]): void {
  clearLiveLine();
  for (const line of lines) process.stdout.write(`${cleaned(line, true)}\n`);
}

/** Prints sentences on standard output, broken into lines of the terminal's width. */
export function sayParagraphs(
  ...paragraphs: readonly { readonly first: string; readonly text: string }[]
): void {
  say(...paragraphs.flatMap(({ first, text }) => wrap(first, text, columnsOf())));
}

/** Prints lines that may be indented and begin with a word and blanks, broken below their text. */
export function sayWrapped(...lines: readonly string[]): void {
  sayParagraphs(
    ...lines.map((line) => {
      const [first = ''] = /^ *(?:\S+ {2,})?/.exec(line) ?? [];
      return { first, text: line.slice(first.length) };
    }),
  );
}

/** Prints a value as JSON on standard output, whatever `--quiet` says. */
export const sayJson = (value: unknown): void => sayText(jsonText(value, 2));

/**
 * Prints a text of several lines.
 *
 * @param isPainted whether its colours stay
 */
export function sayText(
  text: string,
  stream: NodeJS.WriteStream = process.stdout,
  isPainted = false,
): void {
  clearLiveLine();
  const lines = text.replace(/\n$/, '').split('\n');
  stream.write(lines.map((line) => `${cleaned(line, isPainted)}\n`).join(''));
}

/** Prints a line on standard error that says how far something is, unless `--quiet` was typed. */
export function mention(line: string): void {
  if (tellsProgress()) toError(line);
}

/** Prints one sentence for the user on standard error, without secrets. */
export function complain(sentence: string): void {
  toError(`allocert: ${redact(sentence)}`);
}

function toError(line: string): void {
  clearLiveLine();
  process.stderr.write(`${outputLine(line)}\n`);
}

let isVerbose = false;

/** Prints details from now on; `--verbose`. */
export function tellDetails(): void {
  isVerbose = true;
}

/** Prints a line on standard error that only `--verbose` asks for. */
export function detail(line: () => string): void {
  if (isVerbose) toError(line());
}

/** Has what follows begin a line of its own, where a terminal has just written `^C`. */
export function beginLine(): void {
  if (!clearLiveLine() && process.stderr.isTTY) process.stderr.write('\n');
}

/** Prints what was thrown with its stack, where somebody asked to see it. */
export function complainFully(thrown: unknown): void {
  if (process.env.ALLOCERT_DEBUG === undefined) return;
  sayText(redact(inspect(thrown)), process.stderr);
}

/**
 * Whether a stream takes colours: a terminal does. `FORCE_COLOR` decides before `NO_COLOR`, as
 * Node and its test runners have it; 0 and false mean no.
 */
export function coloured(stream: NodeJS.WriteStream = process.stdout): boolean {
  const { FORCE_COLOR: forced = '', NO_COLOR: refused, TERM: terminal } = process.env;
  if (forced !== '') return !['0', 'false'].includes(forced);
  return stream.isTTY === true && !refused && terminal !== 'dumb';
}

/** Columns of a terminal that does not say how wide it is. */
const PLAIN_COLUMNS = 80;

/**
 * Columns of a line on a stream. What is no terminal is read by programs, and its lines are not
 * broken unless the variable `COLUMNS` says where.
 */
export function columnsOf(stream: NodeJS.WriteStream = process.stdout): number {
  if (stream.isTTY === true) return stream.columns || PLAIN_COLUMNS;
  const asked = process.env.COLUMNS ?? '';
  return /^[1-9]\d{0,4}$/.test(asked) ? Number(asked) : UNBROKEN;
}

/** Columns of help, which people read wherever it goes. */
export const helpColumns = (): number =>
  process.stdout.isTTY ? columnsOf() : Math.min(columnsOf(), PLAIN_COLUMNS);

/** How text is laid out on a stream. */
export const styleOf = (stream: NodeJS.WriteStream = process.stdout): Style => ({
  paint: painter(coloured(stream)),
  columns: columnsOf(stream),
});
