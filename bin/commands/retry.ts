import type { CommandModule } from 'yargs';
import { openTarget } from '../../adapters/open-target.ts';
import { statementBeside } from '../../certify/statement/report-claims.ts';
import { holdsReport } from '../../reports/files/directory.ts';
import { whileHolding } from '../../reports/files/folder-lock.ts';
import { planRetry, reportFolderOf } from '../../reports/gate/retry.ts';
import { type GateArgs, readGate } from '../../reports/gate/settings.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import { parseReporters } from '../../reports/reporters.ts';
import { writeReports } from '../../reports/write.ts';
import { checkReports } from '../shared/check-reports.ts';
import { type KcidbArguments, kcidbOf, kcidbOptions } from '../shared/kcidb-options.ts';
import {
  EXIT_CODES,
  gateOptions,
  outputOptions,
  retriesOption,
  single,
} from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { reporterOption } from '../shared/reporter-option.ts';
import { runAndReport } from '../shared/run-and-report.ts';
import { showRecord } from '../shared/show-record.ts';
import { holdAgainst } from '../shared/stated-claims.ts';

interface RetryArguments extends KcidbArguments, GateArgs {
  readonly directory: string;
  readonly target: string | undefined;
  readonly retries: number | undefined;
  readonly reporter: readonly string[];
}

/** `allocert retry [DIR]` */
export const retryCommand: CommandModule<object, RetryArguments> = {
  command: 'retry [directory]',
  describe: 'Run again what failed or never ran, and add it to the report',
  builder: (argv) =>
    argv
      .positional('directory', {
        type: 'string',
        default: 'allocert-report',
        describe: 'Report directory that a run wrote, or its record.json',
      })
      .option('target', {
        type: 'string',
        requiresArg: true,
        coerce: single('target'),
        describe: 'Target of the run, which must be typed for every kind but sim:',
      })
      .option('reporter', reporterOption)
      .option('retries', retriesOption)
      .options(kcidbOptions)
      .options(gateOptions)
      .options(outputOptions)
      .epilogue(EXIT_CODES),
  handler: async (given) => {
    const directory = reportFolderOf(given.directory);
    // What holds no report is refused, and is not to get a lock first.
    const held = holdsReport(directory) ? [directory] : [];
    conclude(await whileHolding(held, 'retry', () => retry(given)));
  },
};

async function retry(given: RetryArguments): Promise<number> {
  const { directory: path, target: typed, retries = 0, reporter, ...args } = given;
  const reporters = parseReporters(reporter, kcidbOf(args));
  await checkReports([reportFolderOf(path), args.baseline]);
  const plan = planRetry({ path, typed, asked: readGate(args) });
  const { directory, target, gate, cases, start } = plan;
  const stated = statementBeside(directory);
  const contradicts = (record: RunRecord, folder: string | undefined): boolean =>
    stated !== undefined && holdAgainst(stated, record, folder, reporters);
  if (cases.length === 0) {
    const record = writeReports(directory, gate);
    showRecord(record, directory, reporters, [directory]);
    return contradicts(record, directory) ? 1 : record.exitCode;
  }
  const run = {
    adapter: await openTarget(target),
    directory,
    profile: start.profile,
    only: [],
    shard: undefined,
    environment: {},
    retries,
    gate,
    continued: { start, cases },
  };
  return runAndReport(run, reporters, contradicts);
}
