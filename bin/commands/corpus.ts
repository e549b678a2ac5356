import { dirname, resolve } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { openTarget } from '../../adapters/open-target.ts';
import { usageError } from '../../base/errors.ts';
import { type Pruned, pruneCorpus } from '../../fuzz/campaign/prune.ts';
import { existingFolder, readFile } from '../../fuzz/corpus/corpus-folder.ts';
import { entryFrom } from '../../fuzz/corpus/entry.ts';
import { scheduleText } from '../../fuzz/findings/schedule.ts';
import { whileHolding } from '../../reports/files/folder-lock.ts';
import { holdsCampaign } from '../../reports/journal/campaign-lines.ts';
import { closeInTime } from '../shared/close-in-time.ts';
import { bytes, DEFAULT_MEMORY_LIMIT } from '../shared/fuzz-arguments.ts';
import { interruptible, type Stop } from '../shared/interruptible.ts';
import { LiveLine } from '../shared/live-line.ts';
import { PRINT_CODES, single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { columnsOf, complain, say } from '../shared/terminal.ts';

interface PathArguments {
  readonly path: string;
}

interface PruneArguments extends PathArguments {
  readonly target: string | undefined;
  readonly 'memory-limit': string | undefined;
  readonly 'dry-run': boolean;
  readonly yes: boolean;
}

const listCommand: CommandModule<object, PathArguments> = {
  command: 'list <path>',
  describe: 'Say what the entries of a corpus folder are',
  builder: (argv: Argv) =>
    argv
      .positional('path', { type: 'string', demandOption: true, describe: 'A folder' })
      .epilogue(PRINT_CODES),
  handler: ({ path }) => list(path),
};

const showCommand: CommandModule<object, PathArguments> = {
  command: 'show <path>',
  describe: 'Print the Programs of an entry, a column for each thread',
  builder: (argv: Argv) =>
    argv
      .positional('path', { type: 'string', demandOption: true, describe: 'Its file' })
      .epilogue(PRINT_CODES),
  handler: ({ path }) => show(path),
};

const pruneCommand: CommandModule<object, PruneArguments> = {
  command: 'prune <path>',
  describe: 'Remove the entries that show nothing which others do not show',
  builder: (argv: Argv) =>
    argv
      .positional('path', { type: 'string', demandOption: true, describe: 'A folder' })
      .option('target', {
        type: 'string',
        requiresArg: true,
        coerce: single('target'),
        describe: 'Run the entries there, and go by what they show now',
      })
      .option('memory-limit', {
        type: 'string',
        requiresArg: true,
        coerce: single('memory-limit'),
        describe: `For live buffers on the target [default: ${DEFAULT_MEMORY_LIMIT}]`,
      })
      .option('dry-run', {
        type: 'boolean',
        default: false,
        describe: 'Say how many entries would stay, and remove none',
      })
      .option('yes', {
        type: 'boolean',
        default: false,
        describe: 'Prune also the corpus of a campaign, which cannot be resumed afterwards',
      })
      .epilogue('Exit codes: 0 done, 2 usage, 3 the target cannot be reached.'),
  handler: async (given) => {
    const { path } = given;
    existingFolder(path);
    // The corpus in the folder of a campaign is the campaign's.
    const campaign = dirname(resolve(path));
    const isOfCampaign = holdsCampaign(campaign);
    const folders = isOfCampaign ? [path, campaign] : [path];
    const goOn = () => 'no entry was removed; to prune, run the same command again';
    const code = await whileHolding(folders, 'corpus prune', () => {
      if (isOfCampaign && !given.yes && !given['dry-run']) refuseCampaign(campaign);
      return interruptible({ step: 'entry', goOn, work: (stop) => prune(given, stop) });
    });
    conclude(code);
  },
};

/** `allocert corpus …` */
export const corpusCommand: CommandModule = {
  command: 'corpus',
  describe: 'List, show and prune what the fuzzer keeps',
  builder: (argv) =>
    argv
      .command(listCommand)
      .command(showCommand)
      .command(pruneCommand)
      .demandCommand(1, 'name what to do: corpus list, corpus show or corpus prune'),
  handler: () => {},
};

function list(path: string): void {
  const { entries, warning } = existingFolder(path).read();
  if (warning !== '') complain(warning);
  for (const { digest, mode, operations, signatures } of entries) {
    say(`${digest}  ${mode.padEnd(10)}  ${operations} operations, ${signatures.length} signatures`);
  }
  const all = new Set(entries.flatMap(({ signatures }) => signatures));
  say(`${entries.length} entries, ${all.size} coverage signatures`);
}

function show(path: string): void {
  const entry = entryFrom(readFile(path).text);
  say(...scheduleText({ ...entry, histories: [] }, columnsOf()));
}

function refuseCampaign(campaign: string): never {
  throw usageError(
    `the campaign in ${campaign} cannot be resumed once its corpus is pruned; look with --dry-run ` +
      'first, and add --yes where the campaign is over',
  );
}

async function prune(given: PruneArguments, { signal }: Stop): Promise<number> {
  const { path, target, 'dry-run': isTrial, 'memory-limit': limit = DEFAULT_MEMORY_LIMIT } = given;
  const folder = existingFolder(path);
  const adapter = target === undefined ? undefined : await openTarget(target);
  let place = 'starting the target';
  const live = adapter === undefined ? undefined : new LiveLine(() => place);
  const onEntry = (index: number, total: number): void => {
    place = `${index}/${total} entries`;
  };
  try {
    const memoryLimit = bytes(limit);
    const on = adapter === undefined ? undefined : { adapter, memoryLimit, onEntry, signal };
    sayPruned(path, await pruneCorpus(folder, on, isTrial), isTrial);
    return 0;
  } finally {
    live?.stop();
    if (adapter !== undefined) await closeInTime(adapter);
  }
}

function sayPruned(path: string, pruned: Pruned, isTrial: boolean): void {
  const { before, kept, signatures, unfit, warning } = pruned;
  if (warning !== '') complain(warning);
  if (unfit > 0) complain(`${unfit} entries stay as they are: the target cannot run them`);
  const end = isTrial ? `; ${before - kept} would be removed` : '';
  say(`${path}: ${kept} of ${before} entries show all ${signatures} coverage signatures${end}`);
}
