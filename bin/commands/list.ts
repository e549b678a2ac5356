import type { Argv, CommandModule } from 'yargs';
import { listedCases } from '../../suites/assess/listed-cases.ts';
import { listingParagraphs, listRequirements } from '../../suites/assess/listing.ts';
import { idsIn, PRINT_CODES, single } from '../shared/options.ts';
import { sayJson, sayParagraphs } from '../shared/terminal.ts';

interface ListArguments {
  readonly ids: readonly string[] | undefined;
  readonly group: readonly string[] | undefined;
  readonly level: readonly string[] | undefined;
  readonly profile: string | undefined;
  readonly json: boolean;
}

/** `allocert list` */
export const listCommand: CommandModule<object, ListArguments> = {
  command: 'list [ids..]',
  describe: 'Print the requirements and the cases that observe each',
  builder: (argv: Argv) =>
    argv
      .positional('ids', {
        type: 'string',
        array: true,
        describe: 'Only these requirements: ids, beginnings, patterns (ISO-*), cases, groups',
      })
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
  handler: async ({ ids, group, level, profile, json }) => {
    const filter = {
      ids: idsIn(ids, 'ids'),
      groups: idsIn(group, 'group'),
      levels: idsIn(level, 'level'),
      ...(profile === undefined ? {} : { profile }),
    };
    const listed = listRequirements(filter, await listedCases());
    if (json) sayJson(listed);
    else sayParagraphs(...listingParagraphs(listed, profile));
  },
};
