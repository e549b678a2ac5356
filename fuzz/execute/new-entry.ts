import { entryOf, type StoredEntry } from '../corpus/entry.ts';
import { isSafe } from '../corpus/safety.ts';
import type { GeneratorContext, Scenario } from '../generate/scenario.ts';

/** An entry that shows what neither its snapshot knows nor an entry of its batch has shown. */
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
