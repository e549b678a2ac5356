import { usageError } from '../base/errors.ts';
import { editDistance } from '../base/nearest.ts';
import type { CommandFacts, OptionFacts, OptionValue } from './option.ts';
import type { Setting } from './setting.ts';

const PREFIX = 'ALLOCERT_';

/** The variable that names the configuration file. */
export const CONFIG_VARIABLE = `${PREFIX}CONFIG`;

/** Variables that are no options. */
const OTHERS = [
  'CACHE',
  'CONFIG',
  'DEBUG',
  'NATIVE_CFLAGS',
  'QEMU',
  'QEMU_AARCH64',
  'QEMU_ARM',
  'RFC_TEXT',
  'TIME_LIMIT',
].map((name) => `${PREFIX}${name}`);

/** Whether any variable may set an option, or be a mistyped one that is to do so. */
export const hasVariables = (environment: NodeJS.ProcessEnv): boolean =>
  Object.keys(environment).some(
    (name) => name.startsWith(PREFIX) && (name === CONFIG_VARIABLE || !OTHERS.includes(name)),
  );

/** The variable of an option: for every command that has it, or for one command alone. */
export const variableOf = (option: string, command = ''): string =>
  `${PREFIX}${`${command} ${option}`.trim().replaceAll(/[ -]/g, '_').toUpperCase()}`;

/**
 * The settings of a command in the environment: `ALLOCERT_RUN_OUT` before `ALLOCERT_OUT`. A
 * variable that is empty is not set, as CI systems pass variables that were left blank.
 *
 * @throws {@link AllocertError} (usage) naming the variable
 */
export function fromEnvironment(
  { name: command, options }: CommandFacts,
  environment: NodeJS.ProcessEnv,
): readonly Setting[] {
  return options.flatMap((option) => {
    const names = [variableOf(option.name, command), variableOf(option.name)];
    const place = names.find((name) => (environment[name] ?? '') !== '');
    if (place === undefined) return [];
    const value = parseVariable(option, environment[place] ?? '', place);
    return [{ option: option.name, value, origin: { kind: 'environment', place } }];
  });
}

function parseVariable({ kind }: OptionFacts, text: string, place: string): OptionValue {
  switch (kind) {
    case 'text':
      return text;
    case 'list':
      // A line each, where there are lines: paths may have spaces in them.
      return text.split(text.includes('\n') ? '\n' : /\s+/).flatMap((item) => item.trim() || []);
    case 'switch':
      if (/^(true|1|yes|on)$/i.test(text)) return true;
      if (/^(false|0|no|off)$/i.test(text)) return false;
      throw usageError(`${place}: "${text}" is neither true nor false`);
    case 'number':
      if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
      throw usageError(`${place}: "${text}" is not a number`);
  }
}

/**
 * Refuses a variable that is almost one of an option: a gate that was mistyped would be no gate. A
 * variable that is like none of them belongs to another program.
 *
 * @throws {@link AllocertError} (usage) naming the variable that was most likely meant
 */
export function refuseMistyped(
  commands: readonly CommandFacts[],
  environment: NodeJS.ProcessEnv,
): void {
  const known = new Set([
    ...OTHERS,
    ...commands.flatMap(({ name, options }) =>
      options.flatMap((option) => [variableOf(option.name), variableOf(option.name, name)]),
    ),
  ]);
  const given = Object.keys(environment).filter((name) => name.startsWith(PREFIX));
  for (const name of given.filter((one) => !known.has(one))) {
    const letters = name.length - PREFIX.length;
    const near = [...known].find((one) => editDistance(name, one) <= (letters < 6 ? 1 : 2));
    if (near !== undefined) throw usageError(`${name} sets nothing; did you mean ${near}?`);
  }
}
