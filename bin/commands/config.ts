import type { Argv, CommandModule } from 'yargs';
import { jsonText } from '../../base/clean-text.ts';
import { effectiveText } from '../../config/effective.ts';
import { optionsInEffect } from '../../config/list-effective.ts';
import type { CommandFacts } from '../../config/option.ts';
import { configSchema } from '../../config/schema.ts';
import { PRINT_CODES } from '../shared/options.ts';
import { sayText } from '../shared/terminal.ts';

interface PrintArguments {
  readonly words: readonly string[] | undefined;
  readonly json: boolean;
  readonly config: string | boolean | undefined;
}

const printCommand = (
  commands: () => readonly CommandFacts[],
): CommandModule<object, PrintArguments> => ({
  command: 'print [words..]',
  describe: 'Print the options of a command, or of all, and where each value comes from',
  builder: (argv: Argv) =>
    argv
      .parserConfiguration({ 'unknown-options-as-args': true })
      .positional('words', {
        type: 'string',
        array: true,
        demandOption: false,
        describe: 'A command, and flags as they would be typed after it',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print an array of objects' })
      .epilogue(
        `A flag goes before a variable, before the file, before the default. ${PRINT_CODES}`,
      ) as Argv<PrintArguments>,
  handler: async ({ words = [], json, config }) => {
    const options = await optionsInEffect(commands(), words, config, {
      environment: process.env,
      directory: process.cwd(),
    });
    sayText(json ? jsonText(options, 2) : effectiveText(options));
  },
});

const schemaCommand = (commands: () => readonly CommandFacts[]): CommandModule => ({
  command: 'schema',
  describe: 'Print the JSON Schema of allocert.config.json',
  builder: (argv: Argv) => argv.epilogue(PRINT_CODES),
  handler: () => {
    sayText(jsonText(configSchema(commands()), 2));
  },
});

/**
 * `allocert config …`
 *
 * @param commands every command whose options can be set; asked for when the command runs
 */
export const configCommand = (commands: () => readonly CommandFacts[]): CommandModule => ({
  command: 'config',
  describe: 'Show how allocert is configured: print, schema',
  builder: (argv) =>
    argv
      .command(printCommand(commands) as unknown as CommandModule)
      .command(schemaCommand(commands))
      .demandCommand(1, 'name what to do: config print or config schema'),
  handler: () => {},
});
