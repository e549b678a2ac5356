import { usageError } from '../../base/errors.ts';
import { REDACTED } from '../../base/redact.ts';
import { isSafeToReopen } from '../../base/safe-to-reopen.ts';

/**
 * The target that a campaign or a finding names, to be opened again.
 *
 * @param how where another one is typed
 * @throws {@link AllocertError} (usage) when it had secrets, which no file keeps
 */
export function storedTarget(target: string, how: string): string {
  if (!target.includes(REDACTED)) return target;
  throw usageError(`the secrets of ${target} were not kept; type the whole URL again as ${how}`);
}

/**
 * The target that a finding names, to be opened again.
 *
 * @throws {@link AllocertError} (usage) when a person must type it
 */
export function foundTarget(target: string): string {
  const stored = storedTarget(target, '--target');
  if (isSafeToReopen(stored)) return stored;
  throw usageError(
    `the finding is of ${stored}, and what only a file names is never opened; ` +
      'if that is the target that you want, type it with --target',
  );
}

/** The command that runs a finding again, for a shell. */
export function againText(file: string, target: string): string {
  if (isSafeToReopen(target)) return `allocert replay ${file}`;
  return `allocert replay ${file} --target '${target.replaceAll("'", "'\\''")}'`;
}
