import { existsSync, realpathSync } from 'node:fs';
import type { Argv, CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { openTarget } from '../../adapters/open-target.ts';
import { usageError } from '../../base/errors.ts';
import { checkDirectory } from '../../reports/files/directory.ts';
import { type GateArgs, readGate } from '../../reports/gate/settings.ts';
import { environmentFacts } from '../../reports/record/environment.ts';
import { parseReporters } from '../../reports/reporters.ts';
import { listCases } from '../../suites/index.ts';
import { journaledRun } from '../shared/journaled-run.ts';
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

interface RunArguments extends KcidbArguments, GateArgs {
  readonly target: string | undefined;
  readonly profile: string | undefined;
  readonly only: readonly string[] | undefined;
  readonly shard: string | undefined;
  readonly retries: number | undefined;
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
    const directory = given.out ?? (isReplay(target) ? 'allocert-replay' : 'allocert-report');
    refuseOwnEvidence(target, directory);
    const reporters = parseReporters(given.reporter, kcidbOf(given));
    const shard = parseShard(given.shard);
    const gate = readGate(given);
    const environment = environmentFacts(hideBin(process.argv));
    const adapter = await openTarget(target);
    checkDirectory(directory);
    const { profile, retries = 0 } = given;
    process.exitCode = await journaledRun({
      ...{ adapter, directory, profile, only, reporters, shard, environment, retries, gate },
    });
  },
};

const isTarget = (word: string): boolean => /^[./]|:/.test(word);

const isReplay = (target: string): boolean => target.startsWith('replay:');

/** A replay that wrote where it reads would replace the evidence by its own. */
function refuseOwnEvidence(target: string, directory: string): void {
  const source = isReplay(target) ? target.slice('replay:'.length) : '';
  if (source === '' || !existsSync(source) || !existsSync(directory)) return;
  if (realpathSync(source) !== realpathSync(directory)) return;
  throw usageError(
    `${target} is read from ${directory}, so its report cannot go there; ` +
      'name another directory with --out',
  );
}

function printCases(profile: string | undefined, only: readonly string[]): void {
  const cases = listCases(profile);
  const names = new Set(cases.flatMap(({ id, requirements }) => [id, ...requirements]));
  const unknown = only.find((id) => !names.has(id));
  if (unknown !== undefined) {
    throw usageError(`there is no requirement or case "${unknown}"; leave --only out to see all`);
  }
  const chosen = cases.filter(
    ({ id, requirements }) =>
      only.length === 0 || only.some((name) => name === id || requirements.includes(name)),
  );
  const width = Math.max(...chosen.map(({ id }) => id.length));
  for (const { id, title, requirements } of chosen) {
    process.stdout.write(`${id.padEnd(width)}  ${title} (${requirements.join(', ')})\n`);
  }
}
