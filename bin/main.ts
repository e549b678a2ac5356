import yargs from 'yargs';
import { AllocertError, usageError } from '../adapters/contract/errors.ts';
import { packageVersion } from '../adapters/contract/package-root.ts';
import { agentCommand } from './commands/agent.ts';
import { compareCommand } from './commands/compare.ts';
import { doctorCommand } from './commands/doctor.ts';
import { listCommand } from './commands/list.ts';
import { qualifyCommand } from './commands/qualify.ts';
import { reportCommand } from './commands/report.ts';
import { runCommand } from './commands/run.ts';
import { vmCommand } from './commands/vm.ts';
import { complain } from './terminal.ts';

/** Exit code of a bug in allocert: nothing can be said about the target. */
const BUG = 3;

/**
 * Runs one command line.
 *
 * @param argv arguments without the interpreter and the script
 * @returns the exit code; see `docs` for the table
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    await parser(argv).parseAsync();
    return Number(process.exitCode ?? 0);
  } catch (thrown) {
    return report(thrown);
  }
}

function parser(argv: readonly string[]): ReturnType<typeof yargs> {
  return yargs([...argv])
    .scriptName('allocert')
    .locale('en')
    .usage('$0 <command>\n\nCertifies memory allocators that hand out dma-buf file descriptors.')
    .command(runCommand)
    .command(listCommand)
    .command(compareCommand)
    .command(qualifyCommand)
    .command(reportCommand)
    .command(doctorCommand)
    .command(vmCommand)
    .command(agentCommand)
    .demandCommand(1, 'name a command: run, list, compare, qualify, report, doctor, vm or agent')
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
      const near = said.startsWith('Did you mean') ? `there is no command ${argv[0]}; ` : '';
      throw usageError(`${near}${said} (see allocert --help)`);
    });
}

function report(thrown: unknown): number {
  if (process.env.ALLOCERT_DEBUG !== undefined) console.error(thrown);
  if (thrown instanceof AllocertError) {
    complain(thrown.message);
    return thrown.exitCode;
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  complain(`a bug in allocert: ${message}; set ALLOCERT_DEBUG=1 to see where, and report it`);
  return BUG;
}
