import type { CommandModule } from 'yargs';
import { formatSummary } from '../../reports/formats/summary.ts';
import { writeReports } from '../../reports/write.ts';
import { coloured } from '../terminal.ts';

interface ReportArguments {
  readonly directory: string;
}

/** `allocert report DIR` */
export const reportCommand: CommandModule<object, ReportArguments> = {
  command: 'report [directory]',
  describe: 'Rebuild the reports of a run from its journal, and print the summary',
  builder: (argv) =>
    argv.positional('directory', {
      type: 'string',
      default: 'allocert-report',
      describe: 'Report directory that a run wrote',
    }),
  handler: ({ directory }) => {
    const record = writeReports(directory);
    process.stdout.write(formatSummary(record, { directory, coloured: coloured() }));
    process.exitCode = record.exitCode;
  },
};
