/**
 * Splits a command into its arguments, without a shell: white space separates them, '…' and "…"
 * keep it, a backslash outside '…' makes the next character plain. Nothing is expanded.
 *
 * @returns undefined when a quote is not closed or a backslash ends the text
 */
export function splitArgs(text: string): string[] | undefined {
  const args: string[] = [];
  let arg: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if (letter === quote) quote = '';
    else if (letter === '\\' && quote !== "'") {
      at += 1;
      if (at === text.length) return undefined;
      arg = (arg ?? '') + text[at];
    } else if (quote !== '') arg += letter;
    else if (letter === "'" || letter === '"') {
      quote = letter;
      arg ??= '';
    } else if (!/\s/.test(letter)) arg = (arg ?? '') + letter;
    else if (arg !== undefined) {
      args.push(arg);
      arg = undefined;
    }
  }
  if (quote !== '') return undefined;
  return arg === undefined ? args : [...args, arg];
}

/** A word that a POSIX shell reads as itself, whatever is in it. */
export const shellWord = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
