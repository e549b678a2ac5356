import type { Argv, CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import type { Adapter } from '../../adapters/contract/index.ts';
import { openTarget } from '../../adapters/open-target.ts';
import { usageError } from '../../base/errors.ts';
import { redact } from '../../base/redact.ts';
import { isTyped } from '../../config/typed.ts';
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
  countOption,
  EXIT_CODES,
  gateOptions,
  idsIn,
  JOBS_MAX,
  onlyOption,
  outputOptions,
  parseShard,
  retriesOption,
  single,
} from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { reporterOption } from '../shared/reporter-option.ts';
import { runAndReport } from '../shared/run-and-report.ts';
import { holdAgainst, statementForRun } from '../shared/stated-claims.ts';
import { sayJson, sayParagraphs } from '../shared/terminal.ts';

interface RunArguments extends KcidbArguments, GateArgs {
  readonly target: string | undefined;
  readonly profile: string | undefined;
  readonly only: readonly string[] | undefined;
  readonly shard: string | undefined;
  readonly retries: number | undefined;
  readonly jobs: number | undefined;
  readonly fixed: readonly string[] | undefined;
  readonly statement: string | undefined;
  readonly out: string | undefined;
  readonly 'fail-fast': boolean;
  readonly list: boolean;
  readonly json: boolean;
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
      .option('only', onlyOption)
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
      .option('jobs', {
        type: 'string',
        requiresArg: true,
        coerce: countOption('jobs', JOBS_MAX, 1),
        describe: 'Cases at once, each in a guest of its own [default: 1]; for vm: and sim:',
      })
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
      .option('fail-fast', {
        type: 'boolean',
        default: false,
        describe: 'Stop after the first case whose failure decides the exit code',
      })
      .options(outputOptions)
      .option('list', {
        type: 'boolean',
        default: false,
        describe: 'Print the cases (of --profile, else of every ABI) and run nothing',
      })
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'With --list: print an array of objects',
      })
      .epilogue(EXIT_CODES),
  handler: async (given) => {
    const words = idsIn(given.only);
    const only = words.filter((word) => !isTarget(word));
    if (given.list) {
      printCases(given.profile, only, given.json);
      return;
    }
    if (given.json && isTyped(hideBin(process.argv), 'json')) {
      throw usageError('--json is for --list; of a run, --reporter json=FILE writes the record');
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
    const { adapter, others } = await openJobs(target, given.jobs ?? 1);
    const { profile = stated?.statement.profile, retries = 0 } = given;
    const fixed = idsIn(given.fixed);
    const failFast = given['fail-fast'];
    const asked = { profile, only, shard, retries, gate, fixed, failFast };
    const run = { adapter, others, directory, environment, ...asked };
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

/** Opens the target of each job. */
async function openJobs(
  target: string,
  jobs: number,
): Promise<{ adapter: Adapter; others: readonly Adapter[] }> {
  const adapter = await openTarget(target);
  const others: Adapter[] = [];
  if (jobs > 1 && adapter.separate !== true) {
    await adapter.close();
    const one = `${redact(target)} is one target, and --jobs needs one for each case at once`;
    throw usageError(`${one}; leave it out, or run parts on several machines with --shard`);
  }
  while (others.length + 1 < jobs) others.push(await openTarget(target));
  return { adapter, others };
}

const isTarget = (word: string): boolean => /^[./]|:/.test(word);

function printCases(profile: string | undefined, only: readonly string[], asJson: boolean): void {
  const cases = listCases(profile, only);
  if (asJson) {
    sayJson(cases);
    return;
  }
  const width = Math.max(...cases.map(({ id }) => id.length));
  sayParagraphs(
    ...cases.map(({ id, title, requirements }) => ({
      first: `${id.padEnd(width)}  `,
      text: `${title} (${requirements.join(', ')})`,
    })),
  );
}
