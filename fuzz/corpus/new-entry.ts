import type { GeneratorContext, Scenario } from '../generate/scenario.ts';
import { entryOf, type StoredEntry } from './entry.ts';
import { isSafe } from './safety.ts';

/**
 * An entry that shows what neither its snapshot knows nor an entry of its batch has shown.
 *
 * @param shown what entries of the batch have shown; what this one shows is added
 */
export function newEntry(
  generator: GeneratorContext,
  scenario: Scenario,
  signatures: readonly string[],
  known: ReadonlySet<string>,
  shown: Set<string>,
): StoredEntry | undefined {
  const isNew = signatures.some((one) => !known.has(one) && !shown.has(one));
  if (!isNew || !isSafe(generator, scenario)) return undefined;
  for (const one of signatures) shown.add(one);
  return entryOf(generator, scenario, signatures);
}
