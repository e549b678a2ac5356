import type { Argv, CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { openTarget } from '../../adapters/open-target.ts';
import { checkDirectory } from '../../reports/files/directory.ts';
import { whileHolding } from '../../reports/files/folder-lock.ts';
import { reportPlace } from '../../reports/files/report-place.ts';
import { type GateArgs, readGate } from '../../reports/gate/settings.ts';
import { environmentFacts } from '../../reports/record/environment.ts';
import { parseReporters } from '../../reports/reporters.ts';
import { listCases } from '../../suites/index.ts';
import { checkReports } from '../shared/check-reports.ts';
import { type KcidbArguments, kcidbOf, kcidbOptions } from '../shared/kcidb-options.ts';
import {
  EXIT_CODES,
  gateOptions,
  idsIn,
  parseShard,
  reporterOption,
  retriesOption,
  single,
} from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { runAndReport } from '../shared/run-and-report.ts';
import { holdAgainst, statementForRun } from '../shared/stated-claims.ts';
import { say } from '../shared/terminal.ts';

interface RunArguments extends KcidbArguments, GateArgs {
  readonly target: string | undefined;
  readonly profile: string | undefined;
  readonly only: readonly string[] | undefined;
  readonly shard: string | undefined;
  readonly retries: number | undefined;
  readonly fixed: readonly string[] | undefined;
  readonly statement: string | undefined;
  readonly out: string | undefined;
  readonly list: boolean;
  readonly reporter: readonly string[];
}

/** `allocert run [target]` */
export const runCommand: CommandModule<object, RunArguments> = {
  command: 'run [target]',
  describe: 'Run the suites on a target and report what holds',
  builder: (argv: Argv) =>
    argv
      .positional('target', { type: 'string', describe: 'Target URL [default: sim:]' })
      .option('profile', {
        type: 'string',
        requiresArg: true,
        coerce: single('profile'),
        describe: 'Profile that decides the exit code [default: the one of the target’s ABI]',
      })
      .option('only', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Run only these requirements or cases, by id',
      })
      .option('shard', {
        type: 'string',
        requiresArg: true,
        coerce: single('shard'),
        describe: 'Run one part of the cases, such as 2/3; allocert report merges the parts',
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        coerce: single('out'),
        describe: 'Report directory [default: allocert-report, allocert-replay for replay:]',
      })
      .option('reporter', reporterOption)
      .options(kcidbOptions)
      .option('retries', retriesOption)
      .option('fixed', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe:
          'Fixes that the target has, by commit or requirement; what they mend is not excused',
      })
      .option('statement', {
        type: 'string',
        requiresArg: true,
        coerce: single('statement'),
        describe: 'Statement of the product, each claim of which is held against the run',
      })
      .options(gateOptions)
      .option('list', {
        type: 'boolean',
        default: false,
        describe: 'Print the cases (of --profile, else of every ABI) and run nothing',
      })
      .epilogue(EXIT_CODES),
  handler: async (given) => {
    const words = idsIn(given.only);
    const only = words.filter((word) => !isTarget(word));
    if (given.list) {
      printCases(given.profile, only);
      return;
    }
    // `--only A B sim:` hands the target to --only; ids have no colon and are no paths.
    const target = words.find(isTarget) ?? given.target ?? 'sim:';
    const directory = reportPlace(target, given.out);
    const reporters = parseReporters(given.reporter, kcidbOf(given));
    const shard = parseShard(given.shard);
    await checkReports([given.baseline]);
    const gate = readGate(given);
    const { statement: file } = given;
    const stated = file === undefined ? undefined : statementForRun(file, given.profile);
    const environment = environmentFacts(hideBin(process.argv));
    const adapter = await openTarget(target);
    const { profile = stated?.statement.profile, retries = 0 } = given;
    const fixed = idsIn(given.fixed);
    const run = { adapter, directory, profile, only, shard, environment, retries, gate, fixed };
    const carriedOut = async (): Promise<number> => {
      checkDirectory(directory);
      return stated === undefined
        ? runAndReport(run, reporters)
        : runAndReport(run, reporters, (record, folder) =>
            holdAgainst(stated, record, folder, reporters),
          );
    };
    conclude(await whileHolding([directory], 'run', carriedOut));
  },
};

const isTarget = (word: string): boolean => /^[./]|:/.test(word);

function printCases(profile: string | undefined, only: readonly string[]): void {
  const cases = listCases(profile, only);
  const width = Math.max(...cases.map(({ id }) => id.length));
  for (const { id, title, requirements } of cases) {
    say(`${id.padEnd(width)}  ${title} (${requirements.join(', ')})`);
  }
}
