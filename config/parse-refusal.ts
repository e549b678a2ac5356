import { chooseFrom, meant } from '../base/nearest.ts';
import type { CommandPage } from './option.ts';
import { commandIn } from './settings.ts';

/**
 * A sentence on a command line that cannot be parsed, with what was most likely meant.
 *
 * @param said what yargs says of it
 * @param line the words after `allocert`
 */
export function parseRefusal(
  said: string,
  line: readonly string[],
  pages: readonly CommandPage[],
): string {
  const words = line.filter((word) => !word.startsWith('-'));
  const command = commandIn(pages, words) as CommandPage | undefined;
  const see = `see allocert ${command === undefined ? '' : `${command.name} `}--help`;
  return `${sentence(said, words, line, command)} (${see})`;
}

function sentence(
  said: string,
  words: readonly string[],
  line: readonly string[],
  command: CommandPage | undefined,
): string {
  if (said.startsWith('Did you mean')) {
    return `there is no command ${words.slice(0, 2).join(' ')}; did${said.slice(3)}`;
  }
  if (said.startsWith('Not enough non-option arguments') && command !== undefined) {
    const [lacking, ...more] = [...command.usage.matchAll(/<([\w-]+)>/g)].map(([, name]) => name);
    const what = lacking === undefined || more.length > 0 ? 'something' : `the ${lacking}`;
    return `${what} is missing; write allocert ${command.usage}`;
  }
  const [, option, given, choices] =
    /Argument: (\S+), Given: "(.*?)", Choices: (.*)/.exec(said) ?? [];
  if (option !== undefined && given !== undefined && choices !== undefined) {
    const known = choices.split(', ').map((choice) => choice.replace(/^"|"$/g, ''));
    return `${option} cannot be "${given}"; ${chooseFrom(given, known)}`;
  }
  const [, unknown] = /^Unknown arguments?: (.+)$/.exec(said) ?? [];
  if (unknown === undefined || command === undefined) return said;
  const names = command.options.filter(({ positional }) => !positional).map(({ name }) => name);
  const short = line.find((word) => names.includes(word.slice(1)) && /^-[^-]./.test(word));
  if (short !== undefined) return `${short} is written with two strokes: did you mean -${short}?`;
  const far = unknown.split(', ').filter((word) => word.length >= SHORT);
  const hint = far.map((word) => meant(word, names)).find((one) => one !== '') ?? '';
  return `${said}${hint.replace('mean ', 'mean --')}`;
}

/** Shorter words are near to too many others. */
const SHORT = 3;
