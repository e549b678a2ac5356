import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { holdsReport, REPORT_FILES } from '../../reports/files/directory.ts';
import { whileHolding } from '../../reports/files/folder-lock.ts';
import { type GateArgs, readGate } from '../../reports/gate/settings.ts';
import { holdsCampaign } from '../../reports/journal/campaign-lines.ts';
import { makeReport } from '../../reports/merge/make-report.ts';
import { refuseOwnReport } from '../../reports/merge/write-merged.ts';
import { parseReporters } from '../../reports/reporters.ts';
import { checkReports } from '../shared/check-reports.ts';
import { type KcidbArguments, kcidbOf, kcidbOptions } from '../shared/kcidb-options.ts';
import { EXIT_CODES, gateOptions, single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { reportCampaign } from '../shared/report-campaign.ts';
import { reporterOption } from '../shared/reporter-option.ts';
import { showRecord } from '../shared/show-record.ts';

interface ReportArguments extends KcidbArguments, GateArgs {
  readonly paths: readonly string[];
  readonly reporter: readonly string[];
  readonly out: string | undefined;
}

/**
 * By how much of what is in use the heap may grow before garbage is collected, in percent. V8 lets
 * it grow to four times as much, and a long run is in use until its reports are written.
 */
const HEAP_GROWTH = 50;

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
  handler: async (given) => {
    setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
    const { paths, out } = given;
    const [first] = paths;
    const single = paths.length === 1 ? first : undefined;
    if (single !== undefined && holdsCampaign(single) && !holdsReport(single)) {
      const line = hideBin(process.argv);
      conclude(await whileHolding([single], 'report', () => reportCampaign(single, line)));
      return;
    }
    if (out !== undefined) refuseOwnReport(out);
    const written = [...paths.filter(isWritten), ...(out === undefined ? [] : [out])];
    conclude(await whileHolding(written, 'report', () => report(given)));
  },
};

/** Whether a folder has reports that are made again. Files, and campaigns beside runs, are read. */
const isWritten = (path: string): boolean =>
  holdsReport(path) || existsSync(join(path, REPORT_FILES.record));

async function report({ paths, reporter, out, ...given }: ReportArguments): Promise<number> {
  const reporters = parseReporters(reporter, kcidbOf(given));
  const derived = await checkReports(paths);
  await checkReports([given.baseline]);
  const settings = readGate(given);
  const { record, directory, folders } = makeReport(paths, out, settings, derived);
  showRecord(record, directory, reporters, folders);
  return record.exitCode;
}
