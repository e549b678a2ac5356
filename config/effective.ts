import { printable } from '../base/clean-text.ts';
import { isSecretName, REDACTED, redact } from '../base/redact.ts';
import type { CommandFacts, OptionFacts, OptionValue } from './option.ts';
import type { Settings } from './settings.ts';
import { typedOptions } from './typed.ts';

/** The value of an option of a command, and where it comes from. */
export interface EffectiveOption {
  readonly command: string;
  readonly option: string;
  /** Null when nothing is set; `fallback` then says what happens. Secrets are left out. */
  readonly value: OptionValue | null;
  readonly origin: 'flag' | 'environment' | 'file' | 'default';
  /** The variable, or the file and the place in it; empty for flags and defaults. */
  readonly place: string;
  /** The behaviour when it is not set, in words. */
  readonly fallback: string;
}

/**
 * Every option of a command with its effective value: flag before environment before file before
 * default.
 *
 * @param line flags of the command, as they would be typed after it
 * @throws {@link AllocertError} (usage) for flags that the command does not take
 */
export function effectiveOptions(
  command: CommandFacts,
  settings: Settings,
  line: readonly string[],
): readonly EffectiveOption[] {
  const typed = typedOptions(command, line);
  return command.options.map((option): EffectiveOption => {
    const same = { command: command.name, option: option.name, fallback: fallbackOf(option) };
    const shown = (value: OptionValue) => withoutSecrets(option.name, value);
    const flag = typed.get(option.name);
    if (flag !== undefined) return { ...same, value: shown(flag), origin: 'flag', place: '' };
    const setting = settings.of(option.name);
    if (setting !== undefined) {
      const { kind, place } = setting.origin;
      return { ...same, value: shown(setting.value), origin: kind, place };
    }
    return { ...same, value: option.initial ?? null, origin: 'default', place: '' };
  });
}

/** Commands say in brackets what they do when an option without a fixed default is left out. */
const fallbackOf = ({ initial, describe }: OptionFacts): string =>
  initial !== undefined
    ? [initial].flat().join(' ')
    : (/\[default: ([^\]]+)\]/.exec(describe)?.[1] ?? '');

function withoutSecrets(option: string, value: OptionValue): OptionValue {
  if (isSecretName(option)) return REDACTED;
  if (typeof value === 'string') return redact(value);
  return typeof value === 'object' ? value.map((one) => redact(one)) : value;
}

/** Options as a table for people. */
export function effectiveText(options: readonly EffectiveOption[]): string {
  const rows = options.map((one) => ({
    ...one,
    said: printable(one.value === null ? one.fallback || '-' : [one.value].flat().join(' ') || '-'),
    where: printable(one.origin === 'flag' || one.origin === 'default' ? one.origin : one.place),
  }));
  const widthOf = (texts: readonly string[]): number => Math.max(...texts.map((one) => one.length));
  const names = widthOf(rows.map(({ option }) => option));
  const values = widthOf(rows.map(({ said }) => said));
  return [...new Set(rows.map(({ command }) => command))]
    .map((command) => {
      const own = rows.filter((row) => row.command === command);
      const lines = own.map(
        ({ option, said, where }) =>
          `  ${option.padEnd(names)}  ${said.padEnd(values)}  ${where}\n`,
      );
      return `${command}\n${lines.join('')}`;
    })
    .join('\n');
}
