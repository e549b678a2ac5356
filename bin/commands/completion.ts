import type { Argv, CommandModule } from 'yargs';
import { COMPLETION_SCRIPTS, SHELLS, type Shell } from '../shared/completion-scripts.ts';
import { PRINT_CODES } from '../shared/options.ts';
import { sayText } from '../shared/terminal.ts';

interface CompletionArguments {
  readonly shell: Shell;
}

/** `allocert completion SHELL` */
export const completionCommand: CommandModule<object, CompletionArguments> = {
  command: 'completion <shell>',
  describe: 'Print what a shell runs to complete commands, options and ids',
  builder: (argv: Argv) =>
    argv
      .positional('shell', { choices: SHELLS, demandOption: true, describe: 'Which shell' })
      .epilogue(PRINT_CODES),
  handler: ({ shell }) => sayText(COMPLETION_SCRIPTS[shell]),
};
