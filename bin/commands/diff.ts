import { readFileSync } from 'node:fs';
import type { Argv, CommandModule } from 'yargs';
import { type Adapter, type Program, parseProgram, toJson } from '../../adapters/contract/index.ts';
import { openTarget } from '../../adapters/open-target.ts';
import { messageOf, usageError } from '../../base/errors.ts';
import { redact } from '../../base/redact.ts';
import { MatrixFiles } from '../../reports/files/matrix-files.ts';
import { wrap } from '../../reports/formats/layout.ts';
import { diffEntries, runPrograms } from '../../suites/assess/diff/entries.ts';
import { diffSuites } from '../../suites/assess/diff/suite.ts';
import {
  differenceParagraphs,
  type Paragraph,
  suiteParagraphs,
} from '../../suites/assess/diff/text.ts';
import { single } from '../shared/options.ts';
import { Progress } from '../shared/progress.ts';

interface DiffArguments {
  readonly left: string;
  readonly right: string;
  readonly program: string | undefined;
  readonly suite: boolean;
  readonly only: readonly string[] | undefined;
  readonly profile: string | undefined;
  readonly out: string | undefined;
}

/** What a comparison came to. */
interface Compared {
  readonly data: object;
  readonly paragraphs: readonly Paragraph[];
  readonly exitCode: 0 | 1 | 3;
}

type Pair = readonly [left: Adapter, right: Adapter];

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
      .option('only', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'With --suite: only these requirements or cases, by id',
      })
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
      .epilogue('Exit codes: 0 the same, 1 different, 2 usage, 3 a target could not be observed.'),
  handler: async (given) => {
    if ((given.program !== undefined) === given.suite) {
      throw usageError('say what to run: either --program FILE or --suite');
    }
    if (!given.suite && (given.only !== undefined || given.profile !== undefined)) {
      throw usageError('--only and --profile choose among the suites; give them with --suite');
    }
    const programs = given.program === undefined ? [] : readPrograms(given.program);
    const files = given.out === undefined ? undefined : new MatrixFiles(given.out, 'diff');
    const left = await openTarget(given.left);
    const right = await openTarget(given.right);
    try {
      const pair = [left, right] as const;
      const compared = given.suite ? await suites(pair, given) : await sequence(pair, programs);
      print(pair, compared, files);
      process.exitCode = compared.exitCode;
    } finally {
      await left.close();
      await right.close();
    }
  },
};

function print([left, right]: Pair, compared: Compared, files: MatrixFiles | undefined): void {
  const lines = [
    ...wrap('left   ', redact(left.url)),
    ...wrap('right  ', redact(right.url)),
    '',
    ...compared.paragraphs.flatMap(({ first, text }) => wrap(first, text)),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  const data = { targets: [left.url, right.url].map((url) => redact(url)), ...compared.data };
  files?.write(toJson(data) as object, `\`\`\`text\n${lines.join('\n')}\n\`\`\`\n`);
}

/** Programs from a file: one, or a list that runs in one case. */
function readPrograms(file: string): Program[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (thrown) {
    throw usageError(`${file} cannot be read as JSON: ${messageOf(thrown)}`);
  }
  const list = Array.isArray(json) ? json : [json];
  if (list.length === 0) throw usageError(`${file} has no Program in its list`);
  return list.map((one, index) =>
    parseProgram(one, Array.isArray(json) ? `Program ${index + 1} of ${file}` : file),
  );
}

async function sequence([left, right]: Pair, programs: readonly Program[]): Promise<Compared> {
  const differences = diffEntries(
    await runPrograms(left, programs),
    await runPrograms(right, programs),
  );
  const different = differences.some(({ raced }) => !raced);
  const count = programs.length === 1 ? '1 Program' : `${programs.length} Programs`;
  const verdict = different
    ? `The targets differ: ${differences.length} differences in ${count}.`
    : `The targets answer ${count} alike.`;
  return {
    data: { same: !different, programs: programs.length, differences },
    paragraphs: [
      ...differenceParagraphs(differences, ''),
      ...(differences.length === 0 ? [] : [{ first: '', text: '' }]),
      { first: '', text: verdict },
    ],
    exitCode: different ? 1 : 0,
  };
}

async function suites(pair: Pair, { only, profile }: DiffArguments): Promise<Compared> {
  const progress = new Progress();
  try {
    const diff = await diffSuites(pair, {
      only: (only ?? []).flatMap((text) => text.split(/[\s,]+/)).filter(Boolean),
      ...(profile === undefined ? {} : { profile }),
      listener: progressOf(progress),
    });
    const exitCode = !diff.same ? 1 : diff.incomplete === '' ? 0 : 3;
    return { data: diff, paragraphs: suiteParagraphs(diff), exitCode };
  } finally {
    progress.stop();
  }
}

const progressOf = (
  progress: Progress,
): NonNullable<Parameters<typeof diffSuites>[1]['listener']> => ({
  onStart: (line) => progress.start(line),
  onCaseStart: (line) => progress.caseStart(line),
  onCaseEnd: (line) => progress.caseEnd(line),
});
