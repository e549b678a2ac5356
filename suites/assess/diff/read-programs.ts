import { type Program, parseProgram } from '../../../adapters/contract/index.ts';
import { usageError } from '../../../base/errors.ts';
import { readJson } from '../../../base/read-json.ts';

/**
 * Reads Programs from a JSON file: one, or a list that runs in one case.
 *
 * @throws {@link AllocertError} (usage) when the file cannot be read, or holds no Program
 */
export function readPrograms(file: string): Program[] {
  const json = readJson(file, 'name a file with a Program, or a list of them');
  const list = Array.isArray(json) ? json : [json];
  if (list.length === 0) throw usageError(`${file} has no Program in its list`);
  return list.map((one, index) =>
    parseProgram(one, Array.isArray(json) ? `Program ${index + 1} of ${file}` : file),
  );
}
