import type { Argv, CommandModule } from 'yargs';
import { jsonText } from '../../base/clean-text.ts';
import { wrap } from '../../reports/formats/layout.ts';
import { listingParagraphs, listRequirements } from '../../suites/assess/listing.ts';
import { idsIn, PRINT_CODES, single } from '../shared/options.ts';
import { sayText } from '../shared/terminal.ts';

interface ListArguments {
  readonly group: readonly string[] | undefined;
  readonly level: readonly string[] | undefined;
  readonly profile: string | undefined;
  readonly json: boolean;
}

/** `allocert list` */
export const listCommand: CommandModule<object, ListArguments> = {
  command: 'list',
  describe: 'Print the requirements and the cases that observe each',
  builder: (argv: Argv) =>
    argv
      .option('group', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Only these groups',
      })
      .option('level', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Only these levels: MUST, SHOULD, MAY',
      })
      .option('profile', {
        type: 'string',
        requiresArg: true,
        coerce: single('profile'),
        describe: 'Only what applies in this profile, with what it expects',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print an array of objects' })
      .epilogue(PRINT_CODES),
  handler: ({ group, level, profile, json }) => {
    const listed = listRequirements({
      groups: idsIn(group),
      levels: idsIn(level),
      ...(profile === undefined ? {} : { profile }),
    });
    const lines = json
      ? [jsonText(listed, 2)]
      : listingParagraphs(listed, profile).flatMap(({ first, text }) => wrap(first, text));
    sayText(lines.join('\n'), process.stdout);
  },
};
