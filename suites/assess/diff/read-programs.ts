import { readFileSync } from 'node:fs';
import { type Program, parseProgram } from '../../../adapters/contract/index.ts';
import { messageOf, usageError } from '../../../base/errors.ts';

/**
 * Reads Programs from a JSON file: one, or a list that runs in one case.
 *
 * @throws {@link AllocertError} (usage) when the file cannot be read, or holds no Program
 */
export function readPrograms(file: string): Program[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (thrown) {
    throw usageError(`${file} cannot be read as JSON: ${messageOf(thrown)}`);
  }
  const list = Array.isArray(json) ? json : [json];
  if (list.length === 0) throw usageError(`${file} has no Program in its list`);
  return list.map((one, index) =>
    parseProgram(one, Array.isArray(json) ? `Program ${index + 1} of ${file}` : file),
  );
}
