import type { Argv, CommandModule } from 'yargs';
import { explanationParagraphs } from '../../suites/assess/explanation.ts';
import { listedCases } from '../../suites/assess/listed-cases.ts';
import { idsIn, PRINT_CODES } from '../shared/options.ts';
import { sayParagraphs } from '../shared/terminal.ts';

interface ExplainArguments {
  readonly ids: readonly string[];
}

/** `allocert explain ID…` */
export const explainCommand: CommandModule<object, ExplainArguments> = {
  command: 'explain <ids..>',
  describe:
    'Explain a requirement: the rule, its source, how it is observed, what a failure asks for',
  builder: (argv: Argv) =>
    argv
      .positional('ids', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Requirements: ids, beginnings, patterns (ISO-*), cases, groups',
      })
      .epilogue(PRINT_CODES),
  handler: async ({ ids }) =>
    sayParagraphs(...explanationParagraphs(idsIn(ids, 'ids'), await listedCases())),
};
