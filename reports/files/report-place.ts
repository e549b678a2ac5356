import { existsSync, realpathSync } from 'node:fs';
import { usageError } from '../../base/errors.ts';

const REPLAY = 'replay:';

/**
 * The directory of a run's report.
 *
 * @param given the one asked for; left out: a run and a replay have each their own
 * @throws {@link AllocertError} (usage) for a replay that would write where it reads, and replace
 *   the evidence by its own
 */
export function reportPlace(target: string, given: string | undefined): string {
  const isReplay = target.startsWith(REPLAY);
  const directory = given ?? (isReplay ? 'allocert-replay' : 'allocert-report');
  const source = isReplay ? target.slice(REPLAY.length) : '';
  if (source === '' || !existsSync(source) || !existsSync(directory)) return directory;
  if (realpathSync(source) !== realpathSync(directory)) return directory;
  throw usageError(
    `${target} is read from ${directory}, so its report cannot go there; ` +
      'name another directory with --out',
  );
}
