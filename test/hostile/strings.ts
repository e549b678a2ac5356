/** What a target, an adapter or a file of somebody else may say; every reader gets the same. */

/** Strings that would act on a terminal, a runner of CI, or a reader of a format. */
export const HOSTILE_STRINGS: readonly string[] = [
  'esc \u001b[31m\u001b[2J',
  'title \u001b]0;owned\u0007',
  'link \u001b]8;;http://evil\u001b\\',
  'c1 \u009b31m \u0085 \u0090q\u009c',
  'nul \u0000 bell \u0007 back\b\b\b del \u007f',
  'line\nfeed\r\nreturn\roverwritten',
  '\n::error file=x::injected',
  '\n  ::set-output name=x::y',
  '##[error]injected ##vso[task.setvariable] ##teamcity[testFailed]',
  'bidi \u202e\u2066\u2069\u200f\u061c zero\u200b\ufeff tag\u{e0041}',
  'separators \u2028 \u2029 lone \ud800 \udc00 none \ufffe\uffff',
  ']]> <script>alert(1)</script> & " \' # SKIP \\ ` | %0A%25 [[PROPERTY|status=pass]]',
  'ok 1 - not really\nBail out!\n---\n...',
];

/** All of them in one. */
export const HOSTILE: string = HOSTILE_STRINGS.join(' ; ');

/** What no output may hold: everything unseen but the line feeds that it breaks its lines with. */
const RAW = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffe\uffff]/u;

/** Lines that a runner of CI would take for a command. */
const COMMAND = /^\s*::|##(?:\[|vso\[|teamcity\[)/m;

/** What is wrong with an output; empty when nothing is. */
export function harmIn(output: string, commandsAllowed = false): string {
  const raw = RAW.exec(output);
  if (raw !== null) return `U+${raw[0].codePointAt(0)?.toString(16)} ${near(output, raw.index)}`;
  const command = commandsAllowed ? null : COMMAND.exec(output);
  return command === null ? '' : `a command ${near(output, command.index)}`;
}

const near = (output: string, at: number): string =>
  `at ${at}: ${JSON.stringify(output.slice(Math.max(0, at - 40), at + 40))}`;
