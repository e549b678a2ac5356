import { usageError } from '../base/errors.ts';
import { type EffectiveOption, effectiveOptions } from './effective.ts';
import type { CommandFacts } from './option.ts';
import { commandIn, Settings, type Surroundings } from './settings.ts';

/**
 * The options of a command, or of all, with their effective values.
 *
 * @param words a command, and flags as they would be typed after it; empty for every command
 * @param config the configuration file as typed; false for none, undefined when nothing was typed
 * @throws {@link AllocertError} (usage) for a command without options, and for settings that are
 *   wrong
 */
export async function optionsInEffect(
  commands: readonly CommandFacts[],
  words: readonly string[],
  config: string | boolean | undefined,
  where: Pick<Surroundings, 'environment' | 'directory'>,
): Promise<readonly EffectiveOption[]> {
  const flags =
    config === undefined ? [] : config === false ? ['--no-config'] : [`--config=${config}`];
  const chosen = words.length === 0 ? commands : [commandNamed(commands, words)];
  const options: EffectiveOption[] = [];
  for (const command of chosen.filter((one) => one.options.length > 0)) {
    const own = command.name.split(' ');
    const line = words.slice(own.length);
    const settings = await Settings.read({ commands, line: [...own, ...line, ...flags], ...where });
    options.push(...effectiveOptions(command, settings, line));
  }
  return options;
}

function commandNamed(commands: readonly CommandFacts[], words: readonly string[]): CommandFacts {
  const command = commandIn(commands, words);
  if (command !== undefined && command.options.length > 0) return command;
  const known = commands.filter(({ options }) => options.length > 0).map(({ name }) => name);
  throw usageError(`${words[0]} has no options; name one of ${known.join(', ')}`);
}
