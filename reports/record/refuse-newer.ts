import { usageError } from '../../base/errors.ts';
import { RECORD_VERSION } from './record.ts';

/**
 * Refuses what a later version wrote, before anything is said of its shape: it may be right there.
 *
 * @param what `record` or `journal`
 * @throws {@link AllocertError} (usage) when its version is not one that this allocert reads
 */
export function refuseNewer(value: unknown, what: string, place: string): void {
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version !== 'number' || version <= RECORD_VERSION) return;
  throw usageError(
    `${place}: a newer allocert wrote this ${what} (version ${version}, this one reads ` +
      `${RECORD_VERSION}); update allocert`,
  );
}
