import { availableParallelism } from 'node:os';
import type { Argv, CommandModule } from 'yargs';
import { usageError } from '../../adapters/contract/errors.ts';
import type { Adapter } from '../../adapters/contract/index.ts';
import { packageVersion } from '../../adapters/contract/package-root.ts';
import { openTarget } from '../../adapters/registry.ts';
import { runCampaign } from '../../fuzz/campaign.ts';
import { MODES } from '../../fuzz/generate/modes.ts';
import { type Before, CampaignJournal, readCampaign } from '../../fuzz/journal.ts';
import { WorkerPool } from '../../fuzz/pool.ts';
import { programsOf } from '../../fuzz/replay.ts';
import type { Rounds } from '../../fuzz/runner.ts';
import { scheduleText } from '../../fuzz/schedule.ts';
import {
  bytes,
  count,
  milliseconds,
  modesOf,
  randomSeed,
  seedOf,
  workersOf,
} from '../fuzz-words.ts';
import { Interrupt } from '../interrupt.ts';
import { single } from '../options.ts';
import { proveFuzzer, SHRINK_BUDGET, type Wanted } from '../prove-fuzzer.ts';
import { complain } from '../terminal.ts';

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
  readonly out: string | undefined;
  readonly resume: boolean;
  readonly canary: boolean;
  readonly 'self-check': boolean;
}

/** Rounds when nothing is said of the budget. */
const ROUNDS = 1000;
const MEMORY = '8MiB';
/** Milliseconds between two lines that say how far it is. */
const PROGRESS_MS = 5000;

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
      .option('modes', text('modes', `Some of ${MODES.map(({ name }) => name).join(',')}`))
      .option('profile', text('profile', 'Profile that predicts errors'))
      .option('memory-limit', text('memory-limit', `For live buffers [default: ${MEMORY}]`))
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
      .epilogue('Exit codes: 0 nothing found, 1 findings, 2 usage, 3 incomplete.'),
  handler: async (given) => {
    if (given.canary || given['self-check']) {
      refuseMixture(given);
      process.exitCode = await proveFuzzer(wanted(given, undefined), given.canary);
      return;
    }
    const directory = given.out ?? 'allocert-fuzz';
    const before = given.resume ? readCampaign(directory) : undefined;
    const workers = given.workers === undefined ? undefined : workersOf(given.workers);
    process.exitCode = await fuzz(wanted(given, before), directory, { before, workers });
  },
};

/** Neither leaves a folder behind, and each is an answer of its own. */
function refuseMixture(given: FuzzArguments): void {
  if (given.canary && given['self-check']) {
    throw usageError('ask for --canary or for --self-check, one at a time');
  }
  if (given.workers !== undefined) {
    throw usageError('--canary and --self-check run in one thread, so leave --workers out');
  }
  if (!given.resume && given.out === undefined) return;
  throw usageError('--canary and --self-check keep nothing, so leave --resume and --out out');
}

function wanted(given: FuzzArguments, before: Before | undefined): Wanted {
  const budget = {
    rounds: given.rounds === undefined ? undefined : count('rounds', given.rounds),
    operations: given.ops === undefined ? undefined : count('ops', given.ops),
    milliseconds: given.duration === undefined ? undefined : milliseconds(given.duration),
  };
  const open = Object.values(budget).every((one) => one === undefined);
  const limited = open ? { ...budget, rounds: ROUNDS } : budget;
  if (before !== undefined) return { ...resumed(given, before), budget: limited };
  return {
    target: given.target ?? 'sim:',
    seed: given.seed === undefined ? randomSeed() : seedOf(given.seed),
    budget: limited,
    modes: modesOf(given.modes),
    profile: given.profile,
    memoryLimit: bytes(given['memory-limit'] ?? MEMORY),
  };
}

/** What a campaign is stays as it was; only its budget is new. */
function resumed(given: FuzzArguments, { campaign }: Before): Omit<Wanted, 'budget'> {
  for (const option of ['seed', 'modes', 'profile', 'memory-limit'] as const) {
    if (given[option] === undefined) continue;
    throw usageError(`--${option} cannot change in a campaign that goes on; leave it out`);
  }
  if (campaign.version !== packageVersion()) {
    throw usageError(
      `the campaign is one of allocert ${campaign.version}, whose rounds this version does not ` +
        'repeat; start another with a new --out',
    );
  }
  if (given.target !== undefined && given.target !== campaign.target) {
    throw usageError(`the campaign is on ${campaign.target}; resume it there, or start another`);
  }
  return {
    target: campaign.target,
    seed: BigInt(campaign.seed),
    modes: campaign.modes,
    profile: campaign.profile,
    memoryLimit: BigInt(campaign.memoryLimit),
  };
}

/** How a campaign is carried out; none of it changes what its rounds are. */
interface Means {
  readonly before: Before | undefined;
  readonly workers: number | undefined;
}

/** One thread needs no pool; several need a session each, which only some targets have for free. */
function roundsFor(wish: Wanted, adapter: Adapter, given: number | undefined): Rounds | undefined {
  const workers = given ?? (adapter.independent === true ? availableParallelism() : 1);
  if (workers === 1) return undefined;
  const { budget, ...rest } = wish;
  return new WorkerPool(new URL('../fuzz-worker.js', import.meta.url).href, workers, {
    ...rest,
    version: packageVersion(),
    shrinkBudget: SHRINK_BUDGET,
  });
}

async function fuzz(wish: Wanted, directory: string, { before, workers }: Means): Promise<number> {
  const { profile, ...rest } = wish;
  const adapter = await openTarget(wish.target);
  const journal = new CampaignJournal(directory, before !== undefined);
  const rounds = roundsFor(wish, adapter, workers);
  const interrupt = new Interrupt();
  const known = before?.signatures ?? new Set<string>();
  const version = packageVersion();
  const far = { rounds: before?.done.size ?? 0, operations: 0, found: 0 };
  const start = performance.now();
  const progress = setInterval(() => say(progressLine(far, start)), PROGRESS_MS).unref();
  say(`seed 0x${wish.seed.toString(16)} on ${wish.target}, campaign in ${directory}`);
  try {
    const end = await runCampaign({
      ...rest,
      adapter,
      version,
      shrinkBudget: SHRINK_BUDGET,
      signal: interrupt.signal,
      known,
      ...(rounds === undefined ? {} : { rounds }),
      onSuspect: (index, why) => {
        journal.suspect(index, why);
        complain(`round ${index} killed its worker, also alone: ${why}`);
      },
      ...(before === undefined ? {} : { done: before.done, doneOperations: before.operations }),
      ...(profile === undefined ? {} : { profile }),
      onStart: (_facts, modes) => {
        if (before !== undefined) return;
        const { seed, target, memoryLimit } = wish;
        const words = { seed: String(seed), memoryLimit: String(memoryLimit) };
        journal.start({ type: 'campaign', version, target, modes, profile, ...words });
      },
      onFinding: (finding) => {
        far.found += 1;
        const file = journal.finding(finding);
        const { times, of } = finding.reproduced ?? { times: 0, of: 0 };
        say(`FOUND ${finding.requirement} ${finding.kind} (${times} of ${of} runs)`);
        say(`      ${finding.detail}`);
        const lines = scheduleText(programsOf(finding), finding.histories);
        for (const line of lines.slice(0, SCHEDULE_LINES)) say(`      ${line}`);
        say(`      ${directory}/${file}`);
      },
      onRoundDone: (round) => {
        far.rounds += 1;
        far.operations += round.operations;
        journal.round(round);
      },
    });
    const total = known.size + end.findings;
    say(`${end.rounds} rounds, ${end.operations} operations now, ${total} findings`);
    if (end.reason === '') return total > 0 ? 1 : 0;
    complain(`${end.reason}; go on with: allocert fuzz --resume --out ${directory}`);
    return total > 0 ? 1 : 3;
  } finally {
    clearInterval(progress);
    journal.close();
    interrupt.dispose();
    await adapter.close();
  }
}

/** Lines of a schedule that are shown; the file has all of it. */
const SCHEDULE_LINES = 40;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function progressLine(
  far: { readonly rounds: number; readonly operations: number; readonly found: number },
  start: number,
): string {
  const seconds = (performance.now() - start) / 1000;
  const speed = Math.round(far.operations / seconds);
  return `${Math.round(seconds)} s: ${far.rounds} rounds, ${speed} operations/s, ${far.found} found`;
}
