import { AllocertError, messageOf, unreadable, usageError } from './errors.ts';
import { parseJson } from './parse-json.ts';
import { readRegular, readWhole } from './read-whole.ts';

/**
 * A JSON file that somebody named.
 *
 * @param advice what to do instead, for the sentence
 * @throws {@link AllocertError} (usage) when it cannot be read, is too large, or is no JSON
 */
export const readJson = (file: string, advice: string): unknown =>
  jsonIn(wholeText(readWhole, file, advice), file, advice);

/** A JSON file that nobody typed the name of. @throws as {@link readJson} does, and for a pipe */
export const readRegularJson = (file: string, advice: string): unknown =>
  jsonIn(wholeText(readRegular, file, advice), file, advice);

function jsonIn(text: string, file: string, advice: string): unknown {
  try {
    return parseJson(text);
  } catch (thrown) {
    const place = placeIn(text, (thrown as SyntaxError).cause);
    throw usageError(`${file} ${messageOf(thrown)}${place}; ${advice}`);
  }
}

/** Where the parser stopped, ` (line 3: Unexpected …)`; empty where it does not say. */
function placeIn(text: string, cause: unknown): string {
  if (!(cause instanceof SyntaxError)) return '';
  const [, what = cause.message, position] =
    /^(.*?)(?: in JSON)? at position (\d+)/.exec(cause.message) ?? [];
  const line =
    position === undefined
      ? text.split('\n').length
      : text.slice(0, Number(position)).split('\n').length;
  return ` (line ${line}: ${what})`;
}

function wholeText(read: (file: string) => Buffer, file: string, advice: string): string {
  try {
    return read(file).toString('utf8');
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    const reason = unreadable(thrown);
    if (reason === undefined) throw thrown;
    throw usageError(`${file} cannot be read, ${reason}; ${advice}`);
  }
}
