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
    throw usageError(`${file} ${messageOf(thrown)}; ${advice}`);
  }
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
