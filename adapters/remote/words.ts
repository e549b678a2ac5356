/**
 * The words of a command, without a shell: white space separates, '…' and "…" keep it, a backslash
 * outside '…' makes the next character plain. Nothing is expanded.
 *
 * @returns undefined when a quote is not closed or a backslash ends the text
 */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if (letter === quote) quote = '';
    else if (letter === '\\' && quote !== "'") {
      at += 1;
      if (at === text.length) return undefined;
      word = (word ?? '') + text[at];
    } else if (quote !== '') word += letter;
    else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= '';
    } else if (!/\s/.test(letter)) word = (word ?? '') + letter;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (quote !== '') return undefined;
  return word === undefined ? words : [...words, word];
}

/** A word that a POSIX shell reads as itself, whatever is in it. */
export const shellWord = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
