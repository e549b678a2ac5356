import { readFileSync } from 'node:fs';
import { unreadable, usageError } from '../../base/errors.ts';

/**
 * A JSON file that the user named.
 *
 * @param option the option that named it, without its dashes
 * @throws {@link AllocertError} (usage) when it cannot be read or is not JSON
 */
export function readJsonFile(file: string, option: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (thrown) {
    const reason = unreadable(thrown);
    const problem = reason === undefined ? 'is not JSON' : `cannot be read, ${reason}`;
    throw usageError(`${file} ${problem}; name another file with --${option}`);
  }
}
