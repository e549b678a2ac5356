import yargs, { type CommandModule } from 'yargs';
import { AllocertError, usageError } from '../base/errors.ts';
import { packageVersion } from '../base/package-root.ts';
import { commandFacts } from '../config/option.ts';
import { Settings } from '../config/settings.ts';
import { configFlag } from '../config/typed.ts';
import { adapterCommand } from './commands/adapter.ts';
import { agentCommand } from './commands/agent.ts';
import { badgeCommand } from './commands/badge.ts';
import { certifyCommand } from './commands/certify.ts';
import { compareCommand } from './commands/compare.ts';
import { configCommand } from './commands/config.ts';
import { corpusCommand } from './commands/corpus.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { faultsCommand } from './commands/faults.ts';
import { fuzzCommand } from './commands/fuzz.ts';
import { keyCommand } from './commands/key.ts';
import { listCommand } from './commands/list.ts';
import { qualifyCommand } from './commands/qualify.ts';
import { replayCommand } from './commands/replay.ts';
import { reportCommand } from './commands/report.ts';
import { retryCommand } from './commands/retry.ts';
import { runCommand } from './commands/run.ts';
import { serveCommand } from './commands/serve.ts';
import { signCommand } from './commands/sign.ts';
import { statementCommand } from './commands/statement.ts';
import { verifyCommand } from './commands/verify.ts';
import { vmCommand } from './commands/vm.ts';
import { GuardianNeeded, guarded, requireGuardian } from './shared/guardian.ts';
import { conclude, concluded, TROUBLE } from './shared/own-exit.ts';
import { complain, complainFully } from './shared/terminal.ts';

/** In the order in which help shows them. */
const COMMANDS = [
  runCommand,
  listCommand,
  compareCommand,
  diffCommand,
  faultsCommand,
  fuzzCommand,
  replayCommand,
  corpusCommand,
  qualifyCommand,
  reportCommand,
  retryCommand,
  statementCommand,
  certifyCommand,
  verifyCommand,
  keyCommand,
  signCommand,
  badgeCommand,
  adapterCommand,
  doctorCommand,
  vmCommand,
  serveCommand,
  agentCommand,
] as unknown as readonly CommandModule[];

/** The options of the commands, so that files and variables can set them. */
const facts = () => commandFacts(COMMANDS);

const ALL = [...COMMANDS, configCommand(facts)];

/** The word by which a command is called. */
const nameOf = ({ command }: CommandModule): string => String(command).split(' ')[0] ?? '';

const enumeration = (words: readonly string[]): string =>
  `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** Commands that have commands of their own. */
const GROUPS = ['adapter', 'agent', 'config', 'corpus', 'key', 'statement', 'vm'];

/**
 * Runs one command line, and concludes with its exit code; see `docs` for the table.
 *
 * @param argv arguments without the interpreter and the script
 */
export async function main(argv: readonly string[]): Promise<void> {
  let settings: Settings | undefined;
  requireGuardian();
  try {
    const { env: environment } = process;
    const surroundings = { commands: facts(), line: argv, environment };
    settings = await Settings.read({ ...surroundings, directory: process.cwd() });
    await parser(argv, settings).parseAsync();
    // What merely tells something, as list and help do, has done so by now.
    if (concluded() === undefined) conclude(0);
  } catch (thrown) {
    if (thrown instanceof GuardianNeeded) {
      conclude(await guarded());
      return;
    }
    conclude(report(thrown, (sentence) => settings?.explain(sentence, argv) ?? sentence));
  }
}

function parser(argv: readonly string[], settings: Settings): ReturnType<typeof yargs> {
  return yargs([...argv])
    .scriptName('allocert')
    .locale('en')
    .usage('$0 <command>\n\nCertifies memory allocators that hand out dma-buf file descriptors.')
    .command([...ALL])
    .option('config', configFlag)
    .config(settings.values)
    .demandCommand(1, `name a command: ${enumeration(ALL.map(nameOf))}`)
    .strict()
    .recommendCommands()
    .version(packageVersion())
    .help()
    .alias('h', 'help')
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      if (error instanceof Error && error.name !== 'YError') throw error;
      const said = message ?? error?.message;
      const typed = argv.slice(0, GROUPS.includes(argv[0] ?? '') ? 2 : 1).join(' ');
      const near = said.startsWith('Did you mean') ? `there is no command ${typed}; ` : '';
      throw usageError(`${near}${said} (see allocert --help)`);
    });
}

function report(thrown: unknown, explain: (sentence: string) => string): number {
  complainFully(thrown);
  if (thrown instanceof AllocertError) {
    complain(explain(thrown.message));
    return thrown.exitCode;
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  complain(`a bug in allocert: ${message}; set ALLOCERT_DEBUG=1 to see where, and report it`);
  return TROUBLE;
}
