import type { Argv, CommandModule, Options } from 'yargs';

/** The kind of an option's value: a text, several texts, true or false, or a number. */
export type OptionKind = 'text' | 'list' | 'switch' | 'number';

/** A value of an option, as settings hold it. */
export type OptionValue = string | readonly string[] | boolean | number;

/** An option of a command that can also be set by a variable or in a file. */
export interface OptionFacts {
  /** As typed after `--`; of a positional, its name. */
  readonly name: string;
  readonly kind: OptionKind;
  readonly positional: boolean;
  readonly describe: string;
  /** Its value when it is not set. */
  readonly initial: OptionValue | undefined;
  readonly choices: readonly string[] | undefined;
  /** Whether a list takes one value each time that it is named. */
  readonly oneByOne: boolean;
}

/** A command and its options. */
export interface CommandFacts {
  /** The words by which it is called, such as `agent build`. */
  readonly name: string;
  readonly options: readonly OptionFacts[];
}

/** A command with what its help says. */
export interface CommandPage extends CommandFacts {
  /** The words by which it is called and its positionals, such as `vm prepare [kernel]`. */
  readonly usage: string;
  readonly describe: string;
  /** What follows the options; exit codes. */
  readonly epilogue: string;
  /** Positionals that must be typed. */
  readonly required: readonly OptionFacts[];
}

/**
 * The options of every command, from its own definition: whatever a command takes on its command
 * line can be set in a file and by a variable, and there is no second list to keep.
 *
 * @param above words of the commands around these
 */
export function commandFacts(
  modules: readonly CommandModule[],
  above: readonly string[] = [],
): readonly CommandPage[] {
  return modules.flatMap((module) => {
    const words = [...above, String(module.command).split(' ')[0] ?? ''];
    const { inner, ...own } = recorded(module);
    const usage = [...above, String(module.command)].join(' ');
    const { describe } = module;
    const page = { name: words.join(' '), usage, describe: describe || '', ...own };
    return [page, ...commandFacts(inner, words)];
  });
}

interface Recorded extends Pick<CommandPage, 'options' | 'required' | 'epilogue'> {
  /** Commands of the command. */
  readonly inner: readonly CommandModule[];
}

/** Builds a command on something that only notes what it is told. */
function recorded({ builder }: CommandModule): Recorded {
  const options: OptionFacts[] = [];
  const required: OptionFacts[] = [];
  let epilogue = '';
  const inner: CommandModule[] = [];
  const note = (positional: boolean) => (name: string | Record<string, Options>, own?: Options) => {
    const all = typeof name === 'string' ? { [name]: own ?? {} } : name;
    for (const [key, definition] of Object.entries(all)) {
      // A positional that must be typed is typed: a command without it is another command.
      const isRequired = positional && definition.demandOption;
      (isRequired ? required : options).push(factsOf(key, definition, positional));
    }
    return argv;
  };
  const members: Readonly<Record<string, unknown>> = {
    option: note(false),
    options: note(false),
    positional: note(true),
    epilogue: (text: string) => {
      epilogue = text;
      return argv;
    },
    command: (given: CommandModule) => {
      inner.push(given);
      return argv;
    },
  };
  const get = (_: object, name: string): unknown => members[name] ?? (() => argv);
  const argv = new Proxy({}, { get }) as Argv;
  if (typeof builder === 'function') builder(argv);
  else if (builder !== undefined) note(false)(builder);
  return { options, required, epilogue, inner };
}

const factsOf = (name: string, definition: Options, positional: boolean): OptionFacts => ({
  name,
  kind: kindOf(definition),
  positional,
  describe: definition.describe || '',
  initial: definition.default as OptionValue | undefined,
  choices: definition.choices?.map(String),
  oneByOne: definition.nargs === 1,
});

function kindOf({ type, array }: Options): OptionKind {
  if (array === true || type === 'array') return 'list';
  if (type === 'boolean') return 'switch';
  return type === 'number' || type === 'count' ? 'number' : 'text';
}
