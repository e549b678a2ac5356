import yargs, { type CommandModule } from 'yargs';
import { usageError } from '../base/errors.ts';
import { packageVersion } from '../base/package-root.ts';
import { completionsFor } from '../config/completions.ts';
import { configFlag } from '../config/config-flag.ts';
import { hasVariables } from '../config/environment.ts';
import { findConfig } from '../config/file.ts';
import { parseRefusal } from '../config/parse-refusal.ts';
import { Settings } from '../config/settings.ts';
import { COMMAND_WORDS, loadCommand, loadCommands, pages, settable } from './command-table.ts';
import { PURPOSE } from './help-page.ts';
import { COMPLETION_FLAG } from './shared/completion-scripts.ts';
import { failureCode } from './shared/failure-code.ts';
import { GuardianNeeded, guarded, requireGuardian } from './shared/guardian.ts';
import { conclude, concluded } from './shared/own-exit.ts';
import { setOutput } from './shared/set-output.ts';
import { helpColumns, say } from './shared/terminal.ts';

const enumeration = (words: readonly string[]): string =>
  `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/**
 * Runs one command line, and concludes with its exit code; see `docs` for the table.
 *
 * @param argv arguments without the interpreter and the script
 */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  if (argv[0] === COMPLETION_FLAG) {
    await complete(argv.slice(1));
    return;
  }
  let settings: Settings | undefined;
  requireGuardian();
  try {
    const commands = await commandsFor(argv);
    const surroundings = { commands: settable(), line: argv, environment: process.env };
    settings = await Settings.read({ ...surroundings, directory: process.cwd() });
    await parser(argv, commands, settings).parseAsync();
    // What merely tells something, as list and help do, has done so by now.
    if (concluded() === undefined) conclude(0);
  } catch (thrown) {
    if (thrown instanceof GuardianNeeded) {
      conclude(await guarded());
      return;
    }
    conclude(failureCode(thrown, (sentence) => settings?.explain(sentence, argv) ?? sentence));
  }
}

/** Commands that speak of the options of all. */
const OF_ALL: readonly string[] = ['config', 'man'];

/** Questions that the names and descriptions of the commands answer. */
const OF_NONE: readonly (string | undefined)[] = [undefined, '-h', '--help', '--version'];

/**
 * The commands as a command line needs them: the one that was typed, unless a setting may be
 * mistyped, which the options of all of them tell.
 *
 * @throws {@link AllocertError} (usage) when a directory holds two configuration files
 */
async function commandsFor(argv: readonly string[]): Promise<readonly CommandModule[]> {
  const [word] = argv;
  if (OF_NONE.includes(word)) return loadCommand(undefined);
  const isPlain = word !== undefined && COMMAND_WORDS.includes(word) && !OF_ALL.includes(word);
  if (!isPlain || argv.some((one) => one.startsWith('--config'))) return loadCommands();
  if (hasVariables(process.env)) return loadCommands();
  const isBare = argv.includes('--no-config') || findConfig(process.cwd()) === undefined;
  return isBare ? loadCommand(word) : loadCommands();
}

/** Answers a shell, which wants words and never a complaint. */
async function complete(words: readonly string[]): Promise<void> {
  const { KNOWN_VALUES } = await import('./commands/known-values.ts');
  await loadCommands();
  const offered = completionsFor(pages(), words, KNOWN_VALUES);
  say(...offered.map(({ word, describe }) => `${word} ${describe}`.trimEnd()));
  conclude(0);
}

function parser(
  argv: readonly string[],
  commands: readonly CommandModule[],
  settings: Settings,
): ReturnType<typeof yargs> {
  return yargs([...argv])
    .scriptName('allocert')
    .locale('en')
    .usage(`$0 <command>\n\n${PURPOSE}`)
    .command([...commands])
    .option('config', configFlag)
    .config(settings.values)
    .middleware((given) => setOutput(given as Readonly<Record<string, unknown>>))
    .wrap(helpColumns())
    .demandCommand(1, `name a command: ${enumeration(COMMAND_WORDS)}`)
    .strict()
    .recommendCommands()
    .version(packageVersion())
    .help()
    .alias('h', 'help')
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      if (error instanceof Error && error.name !== 'YError') throw error;
      throw usageError(parseRefusal(message ?? error?.message, argv, pages()));
    });
}
