import type { CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { holdsReport } from '../../reports/files/directory.ts';
import { type GateArgs, readGate } from '../../reports/gate/settings.ts';
import { holdsCampaign } from '../../reports/journal/campaign-lines.ts';
import { makeReport } from '../../reports/merge/make-report.ts';
import { refuseOwnReport } from '../../reports/merge/write-merged.ts';
import { parseReporters } from '../../reports/reporters.ts';
import { type KcidbArguments, kcidbOf, kcidbOptions } from '../shared/kcidb-options.ts';
import { EXIT_CODES, gateOptions, reporterOption, single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { reportCampaign } from '../shared/report-campaign.ts';
import { showRecord } from '../shared/show-record.ts';

interface ReportArguments extends KcidbArguments, GateArgs {
  readonly paths: readonly string[];
  readonly reporter: readonly string[];
  readonly out: string | undefined;
}

/** `allocert report PATHS…` */
export const reportCommand: CommandModule<object, ReportArguments> = {
  command: 'report [paths..]',
  describe: 'Make reports of runs again, in any format; merge shards, records and campaigns',
  builder: (argv) =>
    argv
      .positional('paths', {
        type: 'string',
        array: true,
        default: ['allocert-report'] as readonly string[],
        describe: 'Report folders, record files and folders of fuzz campaigns',
      })
      .option('reporter', reporterOption)
      .options(kcidbOptions)
      .options(gateOptions)
      .epilogue(EXIT_CODES)
      .option('out', {
        type: 'string',
        requiresArg: true,
        coerce: single('out'),
        describe: 'Folder for the merged report [default: none is kept]',
      }),
  handler: ({ paths, reporter, out, ...given }) => {
    const [first] = paths;
    if (first !== undefined && paths.length === 1 && holdsCampaign(first) && !holdsReport(first)) {
      conclude(reportCampaign(first, hideBin(process.argv)));
      return;
    }
    const reporters = parseReporters(reporter, kcidbOf(given));
    const settings = readGate(given);
    if (out !== undefined) refuseOwnReport(out);
    const { record, directory, folders } = makeReport(paths, out, settings);
    showRecord(record, directory, reporters, folders);
    conclude(record.exitCode);
  },
};
