import { type Result, succeeded, wordOf } from '../../adapters/contract/index.ts';
import { Inconclusive } from './observation.ts';

/**
 * The control of a case that looks at what many operations gave.
 *
 * @param what they did, as the subject of a sentence
 * @throws {@link Inconclusive} when one of them did not work, as another rule asks that it does
 */
export function requireAll(results: readonly Result[], what: string): void {
  const failed = results.find((result) => !succeeded(result));
  if (failed !== undefined)
    throw new Inconclusive(`blocked: ${what} failed with ${wordOf(failed)}`);
}
