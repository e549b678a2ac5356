import type { Argv, CommandModule } from 'yargs';
import { usageError } from '../../base/errors.ts';
import { type FuzzRequest, resumedRequest } from '../../fuzz/campaign/request.ts';
import { EPOCH_ROUNDS } from '../../fuzz/corpus/corpus.ts';
import { ALL, PARALLEL } from '../../fuzz/generate/mode-selection.ts';
import { MODES } from '../../fuzz/generate/modes.ts';
import { type ResumeState, readResumeState } from '../../fuzz/record/resume-state.ts';
import { whileHolding } from '../../reports/files/folder-lock.ts';
import {
  bytes,
  DEFAULT_MEMORY_LIMIT,
  milliseconds,
  modesOf,
  randomSeed,
  seedOf,
  wholeNumber,
  workersOf,
} from '../shared/fuzz-arguments.ts';
import { runFuzzCampaign } from '../shared/fuzz-campaign.ts';
import { outputOptions, single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { proveFuzzer } from '../shared/prove-fuzzer.ts';
import { refuseReplay } from '../shared/refuse-replay.ts';

interface FuzzArguments {
  readonly target: string | undefined;
  readonly seed: string | undefined;
  readonly duration: string | undefined;
  readonly rounds: string | undefined;
  readonly ops: string | undefined;
  readonly workers: string | undefined;
  readonly modes: string | undefined;
  readonly profile: string | undefined;
  readonly 'memory-limit': string | undefined;
  readonly corpus: string | undefined;
  readonly epoch: string | undefined;
  readonly out: string | undefined;
  readonly resume: boolean;
  readonly canary: boolean;
  readonly 'self-check': boolean;
}

/** Rounds when nothing is said of the budget. */
const ROUNDS = 1000;
const MODE_NAMES = [...MODES.map(({ name }) => name), PARALLEL, ALL];

const text = (option: string, describe: string) =>
  ({ type: 'string', requiresArg: true, coerce: single(option), describe }) as const;

/** `allocert fuzz [target]` */
export const fuzzCommand: CommandModule<object, FuzzArguments> = {
  command: 'fuzz [target]',
  describe: 'Hammer a target with generated Programs, and prove what they break',
  builder: (argv: Argv) =>
    argv
      .positional('target', { type: 'string', describe: 'Target URL [default: sim:]' })
      .option('seed', text('seed', 'A number, such as 7 or 0x7 [default: random]'))
      .option('duration', text('duration', 'How long, such as 15s, 10m or 1h'))
      .option('rounds', text('rounds', `How many scenarios [default: ${ROUNDS}]`))
      .option('ops', text('ops', 'How many operations'))
      .option('workers', text('workers', 'Threads [default: all cores on sim:, else 1]'))
      .option('modes', text('modes', `Some of ${MODE_NAMES.join(', ')}`))
      .option('profile', text('profile', 'Profile that predicts errors'))
      .option(
        'memory-limit',
        text('memory-limit', `For live buffers [default: ${DEFAULT_MEMORY_LIMIT}]`),
      )
      .option('corpus', text('corpus', 'Folder of the corpus [default: corpus, in --out]'))
      .option('epoch', text('epoch', `Rounds that see the same corpus [default: ${EPOCH_ROUNDS}]`))
      .option('out', text('out', 'Folder of the campaign [default: allocert-fuzz]'))
      .option('resume', {
        type: 'boolean',
        default: false,
        describe: 'Go on with the campaign in --out',
      })
      .option('canary', {
        type: 'boolean',
        default: false,
        describe: 'Plant a violation, find it, and keep nothing',
      })
      .option('self-check', {
        type: 'boolean',
        default: false,
        describe: 'Run the seed twice, compare what is found, and keep nothing',
      })
      .options(outputOptions)
      .epilogue(
        'Exit codes: 0 nothing found, 1 findings, 2 usage, 3 incomplete, 130 and 143 interrupted.',
      ),
  handler: async (given) => {
    refuseReplay(given.target, 'fuzz');
    if (given.canary || given['self-check']) {
      refuseMixture(given);
      conclude(await proveFuzzer(requested(given, undefined), given.canary));
      return;
    }
    const directory = given.out ?? 'allocert-fuzz';
    const command = given.resume ? 'fuzz --resume' : 'fuzz';
    conclude(await whileHolding([directory], command, () => campaign(given, directory)));
  },
};

function campaign(given: FuzzArguments, directory: string): Promise<number> {
  const before = given.resume ? readResumeState(directory) : undefined;
  const workers = given.workers === undefined ? undefined : workersOf(given.workers);
  const execution = { before, workers, corpusFolder: given.corpus };
  return runFuzzCampaign(requested(given, before), directory, execution);
}

/** Neither leaves a folder behind, and each is an answer of its own. */
function refuseMixture(given: FuzzArguments): void {
  if (given.canary && given['self-check']) {
    throw usageError('ask for --canary or for --self-check, one at a time');
  }
  if (given.workers !== undefined) {
    throw usageError('--canary and --self-check run in one thread, so leave --workers out');
  }
  if (!given.resume && given.out === undefined && given.corpus === undefined) return;
  throw usageError(
    '--canary and --self-check keep nothing, so leave --resume, --out and --corpus out',
  );
}

function requested(given: FuzzArguments, before: ResumeState | undefined): FuzzRequest {
  const typed = {
    rounds: given.rounds === undefined ? undefined : wholeNumber('rounds', given.rounds),
    operations: given.ops === undefined ? undefined : wholeNumber('ops', given.ops),
    milliseconds: given.duration === undefined ? undefined : milliseconds(given.duration),
  };
  const open = Object.values(typed).every((one) => one === undefined);
  const budget = open ? { ...typed, rounds: ROUNDS } : typed;
  if (before !== undefined) {
    refuseChange(given);
    return resumedRequest(before, given.target, budget);
  }
  return {
    target: given.target ?? 'sim:',
    seed: given.seed === undefined ? randomSeed() : seedOf(given.seed),
    budget,
    modes: modesOf(given.modes),
    profile: given.profile,
    memoryLimit: bytes(given['memory-limit'] ?? DEFAULT_MEMORY_LIMIT),
    epochRounds: given.epoch === undefined ? EPOCH_ROUNDS : wholeNumber('epoch', given.epoch),
  };
}

/** Options that make a campaign what it is cannot be given to one that goes on. */
function refuseChange(given: FuzzArguments): void {
  for (const option of ['seed', 'modes', 'profile', 'memory-limit', 'epoch'] as const) {
    if (given[option] === undefined) continue;
    throw usageError(`--${option} cannot change in a campaign that goes on; leave it out`);
  }
}
