/**
 * Text of others on its way to a reader. Targets, kernels and files from elsewhere write some of
 * what is shown: none of it may move a cursor, reorder a line, vanish, or be taken for a command.
 */

/**
 * Characters that no reader sees as what they are: controls (C0, DEL, C1), format characters (marks
 * of direction, zero-width ones, tags), lone surrogates, separators of lines, noncharacters.
 */
const UNSEEN_BUT_BLANKS = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffe\uffff]/gu;
const UNSEEN_RUN = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffe\uffff]+/gu;

/** The mark anywhere in a line by which old runners of GitHub, Azure and TeamCity take orders. */
const ORDER = /##(?=\[|vso\[|teamcity\[)/g;

/** The mark at the beginning of a line by which runners of GitHub do. */
const COMMAND = /^(\s*):(?=:)/;

/** Text in one line, with a space where something unseen stood. */
export const printable = (text: string): string => text.replace(UNSEEN_RUN, ' ');

/** {@link printable}, as a whole line of output, which no runner of CI takes for a command. */
export const outputLine = (text: string): string =>
  printable(text).replace(COMMAND, '$1: ').replace(ORDER, '# #');

/** `\uXXXX`, twice for a character beyond the first plane, as JSON has it. */
const unicodeEscape = (character: string): string =>
  Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }).join('');

/** Text in which everything unseen but line feeds and tabs is written as `\uXXXX`. */
export const visible = (text: string): string => text.replace(UNSEEN_BUT_BLANKS, unicodeEscape);

/**
 * The text of JSON, which means the same, with everything unseen inside its strings escaped. The
 * line feeds between them stay.
 */
export const escapeJson = (json: string): string =>
  json.replace(UNSEEN_BUT_BLANKS, unicodeEscape).replace(ORDER, '#\\u0023');

/** A value as JSON without anything unseen in its strings. */
export const jsonText = (value: unknown, indent?: number): string =>
  escapeJson(JSON.stringify(value, undefined, indent));

/**
 * Markup (XML, HTML) that means the same, in which no line of a text can be taken for a command.
 * A line feed or a mark is written as a reference.
 */
export const markupWithoutCommands = (markup: string): string =>
  markup.replace(/\n(?=\s*::)/g, '&#10;').replace(ORDER, '#&#35;');
