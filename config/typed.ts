import yargs from 'yargs';
import { usageError } from '../base/errors.ts';
import { configFlag } from './config-flag.ts';
import type { CommandFacts, OptionFacts, OptionValue } from './option.ts';

/** A command line as read before its command's own options are known. */
export interface Typed {
  /** The words that are no flags, the command's first. */
  readonly words: readonly string[];
  /** `--config FILE`; false for `--no-config`. */
  readonly config: string | false | undefined;
  /** Whether only help or the version was asked for. */
  readonly asks: boolean;
}

/** Reads a command line as far as that is possible before the command is known. */
export function readTyped(line: readonly string[]): Typed {
  const bare = yargs([...line])
    .help(false)
    .version(false)
    .exitProcess(false);
  const {
    _: words,
    config,
    help,
    h,
    version,
  } = bare.option('config', { type: 'string' }).parseSync();
  const given: unknown = config;
  if (Array.isArray(given)) throw usageError('give --config only once');
  if (given === '') throw usageError('--config is empty; name the file');
  return {
    words: words.map(String),
    config: given === false || typeof given === 'string' ? given : undefined,
    asks: [help, h, version].some((one) => one !== undefined),
  };
}

/** Whether a flag stands on a command line, in any of the ways to write it. */
export const isTyped = (line: readonly string[], option: string): boolean => {
  const end = line.indexOf('--');
  return line.slice(0, end < 0 ? line.length : end).some((word) => flagOf(word) === option);
};

const flagOf = (word: string): string | undefined =>
  /^--(?:no-)?([^=]+)/
    .exec(word)?.[1]
    ?.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * The options of a command that a command line sets, without running the command.
 *
 * @throws {@link AllocertError} (usage) for what the command does not take
 */
export function typedOptions(
  { name, options }: CommandFacts,
  line: readonly string[],
): ReadonlyMap<string, OptionValue> {
  const places = options.filter(({ positional }) => positional).map((one) => ` [${one.name}]`);
  const parsed = yargs([...line])
    .help(false)
    .version(false)
    .exitProcess(false)
    .usage('')
    .command(`$0${places.join('')}`, '', (argv) =>
      options.reduce((all, one) => all.option(one.name, definitionOf(one)), argv),
    )
    .option('config', configFlag)
    .strict()
    .fail((message) => {
      throw usageError(`allocert ${name}: ${message}`);
    })
    .parseSync() as Readonly<Record<string, unknown>>;
  const given = options.filter((one) => parsed[one.name] !== undefined);
  return new Map(given.map((one) => [one.name, parsed[one.name] as OptionValue]));
}

const TYPES = { text: 'string', list: 'string', switch: 'boolean', number: 'number' } as const;

const definitionOf = ({ kind, oneByOne }: OptionFacts) => ({
  type: TYPES[kind],
  requiresArg: kind !== 'switch',
  ...(kind === 'list' ? { array: true } : {}),
  ...(oneByOne ? { nargs: 1 } : {}),
});
