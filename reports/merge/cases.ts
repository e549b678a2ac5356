import { usageError } from '../../base/errors.ts';
import type { Attempt, RecordedCase } from '../record/record.ts';
import type { RecordInput } from './input.ts';

/**
 * The cases of several records, each once. A case that ran in one of them and not in another counts
 * as it ran. One with the same result in several counts as in the first of them.
 *
 * @param order ids in the order that they get; others follow as they appear
 * @throws {@link AllocertError} (usage) when a case has different verdicts: none of them could be
 *   preferred
 */
export function mergeCases(
  records: readonly RecordInput[],
  order: readonly string[],
): readonly RecordedCase[] {
  const merged = new Map<string, { readonly case: RecordedCase; readonly path: string }>();
  for (const { path, record } of records) {
    for (const one of record.cases) {
      const before = merged.get(one.id);
      if (before === undefined || (before.case.end === 'not-run' && one.end !== 'not-run')) {
        merged.set(one.id, { case: one, path });
      } else if (one.end !== 'not-run' && outcomeOf(one) !== outcomeOf(before.case)) {
        throw usageError(
          `${one.id} ended with ${outcomeOf(before.case)} in ${before.path} and with ` +
            `${outcomeOf(one)} in ${path}, so they are not one run; leave one of them out`,
        );
      }
    }
  }
  const known = order.filter((id) => merged.has(id));
  const ids = [...new Set([...known, ...merged.keys()])];
  return ids.flatMap((id) => merged.get(id)?.case ?? []);
}

/** How a case ended and every verdict on it, in words. */
function outcomeOf({ end, verdicts }: Attempt): string {
  const words = verdicts.map(
    ({ requirement, profile, status }) => `${requirement} ${status} (${profile})`,
  );
  return words.length === 0 ? end : words.toSorted().join(', ');
}
