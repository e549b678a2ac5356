import { usageError } from '../../base/errors.ts';
import { tellNoProgress } from './live-line.ts';
import { tellDetails } from './terminal.ts';

/**
 * Prints as much as was asked for from now on.
 *
 * @throws {@link AllocertError} (usage) for both at once
 */
export function setOutput({ quiet, verbose }: { quiet?: unknown; verbose?: unknown }): void {
  if (quiet === true && verbose === true) throw usageError('give --quiet or --verbose, not both');
  if (quiet === true) tellNoProgress();
  if (verbose === true) tellDetails();
}
