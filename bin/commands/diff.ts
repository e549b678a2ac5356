import type { Argv, CommandModule } from 'yargs';
import { toJson } from '../../adapters/contract/index.ts';
import { openTarget } from '../../adapters/open-target.ts';
import { usageError } from '../../base/errors.ts';
import { redact } from '../../base/redact.ts';
import { whileHolding } from '../../reports/files/folder-lock.ts';
import { MatrixFiles } from '../../reports/files/matrix-files.ts';
import { wrap } from '../../reports/formats/layout.ts';
import {
  type DiffOutcome,
  diffCases,
  diffPrograms,
  type TargetPair,
} from '../../suites/assess/diff/outcome.ts';
import { readPrograms } from '../../suites/assess/diff/read-programs.ts';
import { closeInTime } from '../shared/close-in-time.ts';
import { interruptible, type Stop } from '../shared/interruptible.ts';
import { idsIn, onlyOption, outputOptions, single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { Progress } from '../shared/progress.ts';
import { sayParagraphs } from '../shared/terminal.ts';

interface DiffArguments {
  readonly left: string;
  readonly right: string;
  readonly program: string | undefined;
  readonly suite: boolean;
  readonly only: readonly string[] | undefined;
  readonly profile: string | undefined;
  readonly out: string | undefined;
}

/** `allocert diff TARGET TARGET` */
export const diffCommand: CommandModule<object, DiffArguments> = {
  command: 'diff <left> <right>',
  describe: 'Run the same Programs on two targets and show where their answers differ',
  builder: (argv: Argv) =>
    argv
      .positional('left', { type: 'string', demandOption: true, describe: 'A target' })
      .positional('right', { type: 'string', demandOption: true, describe: 'Another target' })
      .option('program', {
        type: 'string',
        requiresArg: true,
        coerce: single('program'),
        describe: 'File with a Program, or a list of Programs, as JSON',
      })
      .option('suite', { type: 'boolean', default: false, describe: 'Every case of the suites' })
      .option('only', { ...onlyOption, describe: `With --suite: ${onlyOption.describe}` })
      .option('profile', {
        type: 'string',
        requiresArg: true,
        coerce: single('profile'),
        describe: 'With --suite: profile that judges [default: the one of the ABI]',
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        coerce: single('out'),
        describe: 'Directory of diff.json and diff.md',
      })
      .options(outputOptions)
      .epilogue('Exit codes: 0 the same, 1 different, 2 usage, 3 a target could not be observed.'),
  handler: async (given) => {
    if ((given.program !== undefined) === given.suite) {
      throw usageError('say what to run: either --program FILE or --suite');
    }
    if (!given.suite && (given.only !== undefined || given.profile !== undefined)) {
      throw usageError('--only and --profile choose among the suites; give them with --suite');
    }
    const held = given.out === undefined ? [] : [given.out];
    const goOn = () => 'nothing was compared; to compare, run the same command again';
    const work = (stop: Stop) => difference(given, stop);
    const compared = () => interruptible({ step: given.suite ? 'case' : 'run', goOn, work });
    conclude(await whileHolding(held, 'diff', compared));
  },
};

async function difference(given: DiffArguments, { signal }: Stop): Promise<number> {
  const programs = given.program === undefined ? [] : readPrograms(given.program);
  const files = given.out === undefined ? undefined : new MatrixFiles(given.out, 'diff');
  const left = await openTarget(given.left);
  const right = await openTarget(given.right);
  try {
    const pair = [left, right] as const;
    const outcome = given.suite
      ? await suites(pair, given, signal)
      : await diffPrograms(pair, programs);
    signal.throwIfAborted();
    print(pair, outcome, files);
    return outcome.exitCode;
  } finally {
    await closeInTime(left);
    await closeInTime(right);
  }
}

function print(
  [left, right]: TargetPair,
  outcome: DiffOutcome,
  files: MatrixFiles | undefined,
): void {
  const paragraphs = [
    { first: 'left   ', text: redact(left.url) },
    { first: 'right  ', text: redact(right.url) },
    { first: '', text: '' },
    ...outcome.paragraphs,
  ];
  sayParagraphs(...paragraphs);
  const lines = paragraphs.flatMap(({ first, text }) => wrap(first, text));
  const data = { targets: [left.url, right.url].map((url) => redact(url)), ...outcome.data };
  files?.write(toJson(data) as object, `\`\`\`text\n${lines.join('\n')}\n\`\`\`\n`);
}

async function suites(
  pair: TargetPair,
  { only, profile }: DiffArguments,
  signal: AbortSignal,
): Promise<DiffOutcome> {
  const progress = new Progress();
  try {
    return await diffCases(pair, {
      only: idsIn(only),
      ...(profile === undefined ? {} : { profile }),
      listener: progress.listener,
      signal,
    });
  } finally {
    progress.stop();
  }
}
