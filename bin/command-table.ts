import type { CommandModule } from 'yargs';
import { type CommandPage, commandFacts } from '../config/option.ts';

/** A command, known before the module that carries it out is loaded. */
interface ListedCommand {
  /** As its module has it; a test compares both. */
  readonly command: string;
  readonly describe: string;
  load(): Promise<unknown>;
}

/**
 * Every command, in the order in which help shows them. What a command needs takes several times
 * longer to load than Node to start, so that only the one that was typed is loaded where that does.
 */
const COMMANDS: readonly ListedCommand[] = [
  {
    command: 'run [target]',
    describe: 'Run the suites on a target and report what holds',
    load: async () => (await import('./commands/run.ts')).runCommand,
  },
  {
    command: 'list [ids..]',
    describe: 'Print the requirements and the cases that observe each',
    load: async () => (await import('./commands/list.ts')).listCommand,
  },
  {
    command: 'explain <ids..>',
    describe:
      'Explain a requirement: the rule, its source, how it is observed, what a failure asks for',
    load: async () => (await import('./commands/explain.ts')).explainCommand,
  },
  {
    command: 'compare <targets..>',
    describe: 'Run the suites on several targets and put what they do side by side',
    load: async () => (await import('./commands/compare.ts')).compareCommand,
  },
  {
    command: 'diff <left> <right>',
    describe: 'Run the same Programs on two targets and show where their answers differ',
    load: async () => (await import('./commands/diff.ts')).diffCommand,
  },
  {
    command: 'faults [target]',
    describe: 'Let every allocation of the kernel in every call of the cases fail once',
    load: async () => (await import('./commands/faults.ts')).faultsCommand,
  },
  {
    command: 'fuzz [target]',
    describe: 'Hammer a target with generated Programs, and prove what they break',
    load: async () => (await import('./commands/fuzz.ts')).fuzzCommand,
  },
  {
    command: 'replay <file>',
    describe: 'Run a finding of the fuzzer again, and say how often it shows',
    load: async () => (await import('./commands/replay.ts')).replayCommand,
  },
  {
    command: 'corpus',
    describe: 'List, show and prune what the fuzzer keeps',
    load: async () => (await import('./commands/corpus.ts')).corpusCommand,
  },
  {
    command: 'qualify [target]',
    describe:
      'Prove that the suites see every known defect of a target, and accuse none without one',
    load: async () => (await import('./commands/qualify.ts')).qualifyCommand,
  },
  {
    command: 'report [paths..]',
    describe: 'Make reports of runs again, in any format; merge shards, records and campaigns',
    load: async () => (await import('./commands/report.ts')).reportCommand,
  },
  {
    command: 'retry [directory]',
    describe: 'Run again what failed or never ran, and add it to the report',
    load: async () => (await import('./commands/retry.ts')).retryCommand,
  },
  {
    command: 'statement',
    describe: 'Draft and check what a vendor claims of a product',
    load: async () => (await import('./commands/statement.ts')).statementCommand,
  },
  {
    command: 'certify [target]',
    describe: 'Run the plan of a certificate on a target, and write the package that proves it',
    load: async () => (await import('./commands/certify.ts')).certifyCommand,
  },
  {
    command: 'verify <package>',
    describe: 'Verify a certificate package without its target, by computing everything again',
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  {
    command: 'key',
    describe: 'Make and show keys that sign packages',
    load: async () => (await import('./commands/key.ts')).keyCommand,
  },
  {
    command: 'sign <package>',
    describe: 'Verify a certificate package, and add a signature to it',
    load: async () => (await import('./commands/sign.ts')).signCommand,
  },
  {
    command: 'badge <package>',
    describe: 'Verify a certificate package, and draw what came of it',
    load: async () => (await import('./commands/badge.ts')).badgeCommand,
  },
  {
    command: 'adapter',
    describe: 'Work on an adapter: check',
    load: async () => (await import('./commands/adapter.ts')).adapterCommand,
  },
  {
    command: 'doctor',
    describe: 'Say which targets this machine can run, and what each missing one needs',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    command: 'vm',
    describe: 'Prepare and build kernels for vm: targets, and run programs in them',
    load: async () => (await import('./commands/vm.ts')).vmCommand,
  },
  {
    command: 'serve <target>',
    describe: 'Serve a target to clients elsewhere, who run on remote:unix:… or remote:tls:…',
    load: async () => (await import('./commands/serve.ts')).serveCommand,
  },
  {
    command: 'agent',
    describe: 'Build agents for other machines',
    load: async () => (await import('./commands/agent.ts')).agentCommand,
  },
  {
    command: 'completion <shell>',
    describe: 'Print what a shell runs to complete commands, options and ids',
    load: async () => (await import('./commands/completion.ts')).completionCommand,
  },
  {
    command: 'config',
    describe: 'Show how allocert is configured: print, schema',
    load: async () => (await import('./commands/config.ts')).configCommand(settable),
  },
  {
    command: 'man',
    describe: 'Print the manual page, for man(1)',
    load: async () => (await import('./commands/man.ts')).manCommand(pages),
  },
];

/** The word by which a command is called. */
const wordOf = ({
  command,
}: {
  readonly command?: string | readonly string[] | undefined;
}): string => String(command).split(' ')[0] ?? '';

/** What help says of each command. */
export const LISTED_COMMANDS: readonly Pick<ListedCommand, 'command' | 'describe'>[] = COMMANDS;

/** The words of all commands. */
export const COMMAND_WORDS: readonly string[] = COMMANDS.map(wordOf);

/** Commands of which the options are asked for by others: of all, `config` and `man` show them. */
let loaded: readonly CommandModule[] = [];

/** The commands that are loaded, with their options. */
export const pages = (): readonly CommandPage[] => commandFacts(loaded);

/** Those whose options files and variables can set. */
export const settable = (): readonly CommandPage[] =>
  commandFacts(loaded.filter((one) => !['config', 'man'].includes(wordOf(one))));

/** Loads every command. */
export function loadCommands(): Promise<readonly CommandModule[]> {
  return load(COMMANDS);
}

/**
 * Loads one command; the others are known by name and description only, as their help and a
 * suggestion need them.
 *
 * @param word none, or one that is no command: nothing is loaded
 */
export function loadCommand(word: string | undefined): Promise<readonly CommandModule[]> {
  return load(COMMANDS.filter((one) => wordOf(one) === word));
}

/** Loads the command of that name, of which there is one, alone. */
export async function loadNamed(word: string): Promise<CommandModule> {
  const command = COMMANDS.find((one) => wordOf(one) === word);
  if (command === undefined) throw new RangeError(`there is no command ${word}`);
  return (await command.load()) as CommandModule;
}

async function load(wanted: readonly ListedCommand[]): Promise<readonly CommandModule[]> {
  const modules = await Promise.all(
    COMMANDS.map(async (one): Promise<CommandModule> => {
      if (wanted.includes(one)) return (await one.load()) as CommandModule;
      const { command, describe } = one;
      return { command, describe, handler: () => Promise.reject(notLoaded(command)) };
    }),
  );
  loaded = modules.filter((_, index) => wanted.includes(COMMANDS[index] as ListedCommand));
  return modules;
}

const notLoaded = (command: string): Error => new Error(`${command} was not loaded and is called`);
