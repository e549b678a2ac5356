import { AllocertError } from '../base/errors.ts';
import type { Config } from './check.ts';
import { CONFIG_VARIABLE, fromEnvironment, refuseMistyped } from './environment.ts';
import { type ConfigFile, findConfig, readConfig } from './file.ts';
import type { CommandFacts, OptionValue } from './option.ts';
import { COMMON, configSchema } from './schema.ts';
import type { Setting } from './setting.ts';
import { isTyped, readTyped } from './typed.ts';

/** Where settings are looked for. */
export interface Surroundings {
  /** Every command there is. */
  readonly commands: readonly CommandFacts[];
  /** The words that were typed after `allocert`. */
  readonly line: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** The current directory. */
  readonly directory: string;
}

/**
 * Flags that answer what settings would answer otherwise. Settings are habits: where a flag means
 * that they cannot hold, they give way, while two flags that contradict each other are refused.
 */
const GIVE_WAY: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  fuzz: {
    resume: ['target', 'seed', 'modes', 'profile', 'memory-limit', 'epoch'],
    canary: ['out', 'corpus', 'workers', 'resume', 'self-check'],
    'self-check': ['out', 'corpus', 'workers', 'resume', 'canary'],
  },
  diff: { program: ['suite', 'only', 'profile'], suite: ['program'] },
};

/**
 * Commands that judge what strangers bring: the directory may be theirs as well, so that a file in
 * it counts only where it was named. A configuration may be a module, which would run.
 */
const OF_STRANGERS: readonly string[] = ['verify', 'sign', 'badge'];

/** Options of a command set elsewhere than on its command line: environment before file. */
export class Settings {
  readonly #settings: ReadonlyMap<string, Setting>;

  private constructor(settings: readonly Setting[]) {
    this.#settings = new Map(settings.map((setting) => [setting.option, setting]));
  }

  /**
   * Looks for the settings of the command that was typed; when it is none, there are none.
   *
   * @throws {@link AllocertError} (usage) naming the variable, or the file and the place in it
   */
  static async read(where: Surroundings): Promise<Settings> {
    const typed = readTyped(where.line);
    const command = commandIn(where.commands, typed.words);
    if (command === undefined || command.options.length === 0 || typed.asks) {
      return new Settings([]);
    }
    refuseMistyped(where.commands, where.environment);
    const file = await fileOf(where, typed.config, command.name);
    const fromFile = file === undefined ? [] : await settingsIn(file, command, where.commands);
    const all = [...fromFile, ...fromEnvironment(command, where.environment)];
    const away = yielding(command.name, where.line);
    return new Settings(all.filter(({ option }) => !away.has(option)));
  }

  /** The setting of an option; undefined when it has none. */
  of(option: string): Setting | undefined {
    return this.#settings.get(option);
  }

  /** Values by option, for the parser of command lines. */
  get values(): Readonly<Record<string, OptionValue>> {
    return Object.fromEntries([...this.#settings].map(([option, { value }]) => [option, value]));
  }

  /**
   * A sentence on what cannot be done, with the place that has to be changed before it, where it
   * speaks of a setting and not of what was typed.
   */
  explain(sentence: string, line: readonly string[]): string {
    const spoken = [...this.#settings.values()].find(
      (setting) => !isTyped(line, setting.option) && speaksOf(sentence, setting, line),
    );
    return spoken === undefined ? sentence : `${spoken.origin.place}: ${sentence}`;
  }
}

/** By its flag, or by its value unless the sentence has a word that was typed. */
function speaksOf(sentence: string, { option, value }: Setting, line: readonly string[]): boolean {
  if (new RegExp(`(?:--|Argument: )${option}(?![\\w-])`).test(sentence)) return true;
  const typed = line.flatMap((word) => [word, word.slice(word.indexOf('=') + 1)]);
  if (typed.some((word) => hasValue(sentence, word))) return false;
  const words = [value].flat().flatMap((one) => [String(one), String(one).split('=')[0] ?? '']);
  return words.some((one) => hasValue(sentence, one));
}

/**
 * Whether a value stands in a sentence, as a whole. What any sentence may have, such as a word or a
 * number, counts only in quotes.
 */
function hasValue(sentence: string, value: string): boolean {
  if (sentence.includes(`"${value}"`)) return true;
  const long = value.length >= 4 || /[/:.,]/.test(value);
  if (!long || !/[^a-z]/i.test(value) || !Number.isNaN(Number(value))) return false;
  const literal = value.replaceAll(/[$()*+./?[\\\]^{|}-]/g, '\\$&');
  return new RegExp(`(?<![\\w./-])${literal}(?!\\.?[\\w/-])`).test(sentence);
}

/** The command of a command line, by the longest name that fits. */
export function commandIn(
  commands: readonly CommandFacts[],
  words: readonly string[],
): CommandFacts | undefined {
  const fits = ({ name }: CommandFacts): boolean =>
    name.split(' ').every((word, index) => word === words[index]);
  return commands.filter(fits).toSorted((a, b) => b.name.length - a.name.length)[0];
}

async function fileOf(
  { environment, directory }: Surroundings,
  typed: string | false | undefined,
  command: string,
): Promise<ConfigFile | undefined> {
  if (typed === false) return undefined;
  const named = typed ?? (environment[CONFIG_VARIABLE] || undefined);
  const found = OF_STRANGERS.includes(command) ? undefined : findConfig(directory);
  const path = named ?? found;
  if (path === undefined) return undefined;
  try {
    return await readConfig(path);
  } catch (thrown) {
    if (typed !== undefined || named === undefined || !(thrown instanceof AllocertError))
      throw thrown;
    throw new AllocertError(thrown.blame, `${CONFIG_VARIABLE}: ${thrown.message}`);
  }
}

/** The settings of a command in a file; the common section first, so that its own wins. */
async function settingsIn(
  file: ConfigFile,
  { name, options }: CommandFacts,
  commands: readonly CommandFacts[],
): Promise<readonly Setting[]> {
  // The validator takes longer to load than everything else that most commands need.
  const { checkConfig } = await import('./check.ts');
  const config = checkConfig(file, configSchema(commands));
  return [[COMMON], name.split(' ')].flatMap((words) => {
    const section = words.reduce<Config>((outer, word) => (outer[word] ?? {}) as Config, config);
    return options
      .filter((option) => section[option.name] !== undefined)
      .map(({ name: option, kind }): Setting => {
        const given = section[option] as OptionValue;
        const place = `${file.name}: /${[...words, option].join('/')}`;
        const value = kind === 'text' ? String(given) : given;
        return { option, value, origin: { kind: 'file', place } };
      });
  });
}

const yielding = (command: string, line: readonly string[]): ReadonlySet<string> =>
  new Set(
    Object.entries(GIVE_WAY[command] ?? {})
      .filter(([flag]) => isTyped(line, flag))
      .flatMap(([, options]) => options),
  );
