import { readFileSync } from 'node:fs';
import { usageError } from '../../adapters/contract/errors.ts';

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
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    const problem = code === '' ? 'is not JSON' : `cannot be read: ${code}`;
    throw usageError(`${file} ${problem}; name another file with --${option}`);
  }
}
