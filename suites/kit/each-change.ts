import { outcomePhrase } from '../../adapters/contract/index.ts';
import type { Fields } from '../../catalogue/abi-request.ts';
import type { AllocateOptions, CaseContext } from './context.ts';

/** One change to a valid request, and how it is called in a report. */
export interface Change {
  readonly fields?: Fields;
  readonly options?: AllocateOptions;
  readonly name: string;
}

/**
 * The shape of a negative case: the control first, then the same request with one change at a time;
 * each outcome is observed in the given role.
 */
export async function observeEachChange(
  context: CaseContext,
  requirement: string,
  role: string,
  changes: readonly Change[],
): Promise<void> {
  await context.control();
  for (const { fields, options, name } of changes) {
    const buffer = await context.allocate(fields, options);
    const detail = `a request that is valid except for ${name} ${outcomePhrase(buffer.word)}`;
    context.observe(requirement, role, buffer.word, detail);
    await context.release(buffer);
  }
}

/** Each bit of a field alone, from the given one up. */
export const eachBit = (bits: number, first = 0): readonly bigint[] =>
  Array.from({ length: bits - first }, (_, index) => 1n << BigInt(index + first));
