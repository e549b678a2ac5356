import type { CommandPage, OptionFacts } from './option.ts';
import { commandIn } from './settings.ts';

/** A word that a shell offers, and a few words about it. */
export interface Completion {
  readonly word: string;
  readonly describe: string;
}

/** The values that options and positionals take, by their names. */
export type KnownValues = Readonly<Record<string, () => readonly string[]>>;

/** Flags that every command has. */
const COMMON: readonly Completion[] = [
  { word: '--config', describe: 'Configuration file' },
  { word: '--no-config', describe: 'Use no configuration file' },
  { word: '--help', describe: 'Show help' },
];

/**
 * What a shell can offer for the last word of a command line, from the definitions of the commands.
 * Where nothing is known, as of files, nothing is offered, and the shell offers files.
 *
 * @param words those after `allocert`, the one under the cursor last, which may be empty
 */
export function completionsFor(
  pages: readonly CommandPage[],
  words: readonly string[],
  values: KnownValues,
): readonly Completion[] {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  return offered(pages, before, current, values).filter(({ word }) => word.startsWith(current));
}

function offered(
  pages: readonly CommandPage[],
  before: readonly string[],
  current: string,
  values: KnownValues,
): readonly Completion[] {
  const typed = before.filter((word) => !word.startsWith('-'));
  const command = commandIn(pages, typed) as CommandPage | undefined;
  const words = command?.name.split(' ') ?? [];
  const inner = pages.filter(({ name }) => isWithin(name.split(' '), words));
  if (command === undefined || inner.length > 0) {
    return inner.map(({ name, describe }) => ({ word: name.split(' ').at(-1) ?? '', describe }));
  }
  const [, flag, part] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  if (flag !== undefined && part !== undefined) {
    return valuesOf(optionOf(command, flag), values).map(({ word, describe }) => ({
      word: `${flag}=${word}`,
      describe,
    }));
  }
  const option = optionBefore(command, before);
  if (current.startsWith('-')) return flagsOf(command, before);
  if (option !== undefined) return valuesOf(option, values);
  const place = typed.length - words.length;
  const positionals = [...command.required, ...command.options].filter((one) => one.positional);
  return valuesOf(positionals[Math.min(place, positionals.length - 1)], values);
}

/** Whether a command is one of the commands of another, and of no deeper one. */
const isWithin = (name: readonly string[], above: readonly string[]): boolean =>
  name.length === above.length + 1 && above.every((word, index) => word === name[index]);

const optionOf = ({ options }: CommandPage, flag: string): OptionFacts | undefined =>
  options.find(({ name, positional }) => !positional && flagFor(name) === flag);

/** A flag as it is typed: a letter has one stroke. */
const flagFor = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`);

/** The option whose value comes next: of a list, also after its first value. */
function optionBefore(command: CommandPage, before: readonly string[]): OptionFacts | undefined {
  const at = before.findLastIndex((word) => word.startsWith('-'));
  const option = optionOf(command, before[at] ?? '');
  if (option === undefined || option.kind === 'switch') return undefined;
  const isOpen = option.kind === 'list' && !option.oneByOne;
  return isOpen || at === before.length - 1 ? option : undefined;
}

const flagsOf = ({ options }: CommandPage, before: readonly string[]): readonly Completion[] => [
  ...options
    .filter(({ positional }) => !positional)
    .filter(({ name, kind }) => kind === 'list' || !before.includes(flagFor(name)))
    .map(({ name, describe }) => ({ word: flagFor(name), describe })),
  ...COMMON,
];

function valuesOf(option: OptionFacts | undefined, values: KnownValues): readonly Completion[] {
  if (option === undefined) return [];
  const words = option.choices ?? values[option.name]?.() ?? [];
  return words.map((word) => ({ word, describe: '' }));
}
