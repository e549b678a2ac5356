import type { CommandModule } from 'yargs';
import { parseReporters } from '../../reports/reporters.ts';
import { writeReports } from '../../reports/write.ts';
import { reporterOption } from '../options.ts';
import { showRecord } from '../show-record.ts';

interface ReportArguments {
  readonly directory: string;
  readonly reporter: readonly string[];
}

/** `allocert report DIR` */
export const reportCommand: CommandModule<object, ReportArguments> = {
  command: 'report [directory]',
  describe: 'Rebuild the reports of a run from its journal, and print the summary',
  builder: (argv) =>
    argv
      .positional('directory', {
        type: 'string',
        default: 'allocert-report',
        describe: 'Report directory that a run wrote',
      })
      .option('reporter', reporterOption),
  handler: ({ directory, reporter }) => {
    const reporters = parseReporters(reporter);
    const record = writeReports(directory);
    showRecord(record, directory, reporters);
    process.exitCode = record.exitCode;
  },
};
