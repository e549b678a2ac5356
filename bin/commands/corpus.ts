import type { Argv, CommandModule } from 'yargs';
import { usageError } from '../../adapters/contract/errors.ts';
import { openTarget } from '../../adapters/registry.ts';
import { entryFrom } from '../../fuzz/corpus/entry.ts';
import { existingFolder, readFile } from '../../fuzz/corpus/folder.ts';
import { type Pruned, pruneCorpus } from '../../fuzz/corpus/prune.ts';
import { scheduleText } from '../../fuzz/schedule.ts';
import { bytes, MEMORY } from '../fuzz-words.ts';
import { single } from '../options.ts';
import { complain } from '../terminal.ts';

interface CorpusArguments {
  readonly action: string;
  readonly path: string;
  readonly target: string | undefined;
  readonly 'memory-limit': string | undefined;
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** `allocert corpus list|show|prune PATH` */
export const corpusCommand: CommandModule<object, CorpusArguments> = {
  command: 'corpus <action> <path>',
  describe: 'List, show and prune what the fuzzer keeps: list DIR, show FILE, prune DIR',
  builder: (argv: Argv) =>
    argv
      .positional('action', {
        type: 'string',
        demandOption: true,
        describe: 'list, show or prune',
      })
      .positional('path', { type: 'string', demandOption: true, describe: 'Folder, or file' })
      .option('target', {
        type: 'string',
        requiresArg: true,
        coerce: single('target'),
        describe: 'prune by what the entries show on this target now',
      })
      .option('memory-limit', {
        type: 'string',
        requiresArg: true,
        coerce: single('memory-limit'),
        describe: `For live buffers on the target [default: ${MEMORY}]`,
      })
      .epilogue('Exit codes: 0 done, 2 usage, 3 the target cannot be reached.'),
  handler: async (given) => {
    const { action, path, target } = given;
    if (action !== 'prune' && (target ?? given['memory-limit']) !== undefined) {
      throw usageError(`only allocert corpus prune runs entries; leave --target out of ${action}`);
    }
    if (action === 'list') list(path);
    else if (action === 'show') show(path);
    else if (action === 'prune') await prune(path, target, given['memory-limit']);
    else throw usageError(`there is no allocert corpus ${action}; choose list, show or prune`);
  },
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
  const { programs } = entryFrom(readFile(path).text);
  for (const line of scheduleText(programs, [])) say(line);
}

async function prune(path: string, target: string | undefined, limit = MEMORY): Promise<void> {
  const folder = existingFolder(path);
  const adapter = target === undefined ? undefined : await openTarget(target);
  try {
    const on = adapter === undefined ? undefined : { adapter, memoryLimit: bytes(limit) };
    sayPruned(path, await pruneCorpus(folder, on));
  } finally {
    await adapter?.close();
  }
}

function sayPruned(path: string, { before, kept, signatures, unfit, warning }: Pruned): void {
  if (warning !== '') complain(warning);
  if (unfit > 0) complain(`${unfit} entries stay as they are: the target cannot run them`);
  say(`${path}: ${kept} of ${before} entries show all ${signatures} coverage signatures`);
}
