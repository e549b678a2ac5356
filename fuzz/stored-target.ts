import { usageError } from '../adapters/contract/errors.ts';
import { REDACTED } from '../adapters/contract/redact.ts';

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
