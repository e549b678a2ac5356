import { usageError } from '../../base/errors.ts';
import { REDACTED } from '../../base/redact.ts';
import { isSafeToReopen } from '../../base/safe-to-reopen.ts';

/**
 * The target that a campaign or a finding names, to be opened again.
 *
 * @param how where another one is typed
 * @throws {@link AllocertError} (usage) when it had secrets, which no file keeps
 */
function storedTarget(target: string, how: string): string {
  if (!target.includes(REDACTED)) return target;
  throw usageError(`the secrets of ${target} were not kept; type the whole URL again ${how}`);
}

/**
 * The target that a file names, to be opened again.
 *
 * @param what the file is of
 * @param how where another one is typed
 * @throws {@link AllocertError} (usage) when a person must type it
 */
export function namedTarget(target: string, what: 'finding' | 'campaign', how: string): string {
  const stored = storedTarget(target, how);
  if (isSafeToReopen(stored)) return stored;
  throw usageError(
    `the ${what} is of ${stored}, and what only a file names is never opened; ` +
      `if that is the target that you want, type it ${how}`,
  );
}

/** The target that a finding names. @throws {@link AllocertError} as {@link namedTarget} does */
export const foundTarget = (target: string): string =>
  namedTarget(target, 'finding', 'with --target');

/** The command that runs a finding again, for a shell. */
export function againText(file: string, target: string): string {
  if (isSafeToReopen(target)) return `allocert replay ${file}`;
  return `allocert replay ${file} --target '${target.replaceAll("'", "'\\''")}'`;
}
