import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { Argv, CommandModule } from 'yargs';
import { DEFECTS } from '../../adapters/simulator/defects/all.ts';
import type { Defect } from '../../adapters/simulator/defects/defect.ts';
import { usageError } from '../../base/errors.ts';
import { MatrixFiles } from '../../reports/files/matrix-files.ts';
import { wrap } from '../../reports/formats/layout.ts';
import {
  killParagraphs,
  qualificationMarkdown,
  qualificationParagraphs,
} from '../../suites/assess/qualification.ts';
import { qualify } from '../../suites/assess/qualify.ts';
import type { TargetResult } from '../../suites/assess/target-result.ts';
import { single } from '../shared/options.ts';
import type { QualifyTask } from '../workers/qualify-worker.ts';

interface QualifyArguments {
  readonly out: string;
  readonly 'clean-runs': number;
}

const PROFILE = 'hardened';
const CLEAN_RUNS_MAX = 10_000;
/** Regions and pages that a faithful allocator may have; the suites must fit each. */
const FAITHFUL = [
  '',
  '&schedule=pct',
  '&caller=32',
  '&region=4MiB',
  '&schedule=random',
  '&region=64MiB',
  '&page=16384',
  '&page=65536&schedule=pct',
];

/** `allocert qualify` */
export const qualifyCommand: CommandModule<object, QualifyArguments> = {
  command: 'qualify',
  describe: 'Prove on the simulator that the suites see every known defect and accuse nobody else',
  builder: (argv: Argv) =>
    argv
      .option('out', {
        type: 'string',
        requiresArg: true,
        default: 'allocert-qualify',
        coerce: (value: string | readonly string[]) => single('out')(value) ?? '',
        describe: 'Directory of kill-matrix.json and kill-matrix.md',
      })
      .option('clean-runs', {
        type: 'string',
        requiresArg: true,
        default: FAITHFUL.length,
        coerce: cleanRuns,
        describe: 'Runs without a defect, each with a random seed',
      })
      .epilogue('Exit codes: 0 qualified, 1 not, 2 usage.'),
  handler: async ({ out, 'clean-runs': count }) => {
    const files = new MatrixFiles(out, 'kill-matrix');
    const qualification = qualify(await allRuns(count));
    files.write(qualification, qualificationMarkdown(qualification));
    const paragraphs = [
      ...killParagraphs(qualification),
      { first: '', text: '' },
      ...qualificationParagraphs(qualification),
      { first: '', text: `The kill matrix is in ${out}.` },
    ];
    const lines = paragraphs.flatMap(({ first, text }) => wrap(first, text));
    process.stdout.write(`${lines.join('\n')}\n`);
    process.exitCode = qualification.exitCode;
  },
};

function cleanRuns(given: number | string | readonly string[]): number {
  const text = single('clean-runs')(typeof given === 'number' ? String(given) : given) ?? '';
  const count = Number(text);
  if (/^[0-9]+$/.test(text) && count <= CLEAN_RUNS_MAX) return count;
  throw usageError(`--clean-runs takes a number from 0 to ${CLEAN_RUNS_MAX}, not "${text}"`);
}

/** Runs are independent of each other, so each core takes the next one. */
async function allRuns(count: number): Promise<Parameters<typeof qualify>[0]> {
  const pool = new Piscina<QualifyTask, TargetResult>({
    filename: new URL('../workers/qualify-worker.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: availableParallelism(),
    execArgv: [],
    atomics: 'disabled',
  });
  const clean = Array.from({ length: count }, (_, index) => cleanTarget(index));
  const progress = countRuns(2 + DEFECTS.length + count);
  const observe = async (target: string): Promise<TargetResult> => {
    const result = await pool.run({ target, profile: PROFILE });
    progress.one();
    return result;
  };
  try {
    const [native, compat, defects, faithful] = await Promise.all([
      observe('sim:'),
      observe('sim:?caller=32'),
      Promise.all(
        DEFECTS.map(async (defect) => ({
          ...defect,
          result: await observe(targetWith(defect)),
        })),
      ),
      Promise.all(clean.map(observe)),
    ]);
    return { baseline: observedByEither(native, compat), defects, faithful };
  } finally {
    progress.stop();
    await pool.destroy();
  }
}

/** The first result; where it observed nothing, what the second did. */
function observedByEither(first: TargetResult, second: TargetResult): TargetResult {
  const requirements = first.requirements.map((one) => {
    if (one.status !== 'skip') return one;
    return second.requirements.find(({ requirement }) => requirement === one.requirement) ?? one;
  });
  return { ...first, requirements };
}

const targetWith = ({ name, needs }: Defect): string =>
  `sim:?defect=${name}${needs === undefined ? '' : `&${needs}`}`;

function cleanTarget(index: number): string {
  const seed = `0x${randomBytes(8).toString('hex')}`;
  return `sim:?seed=${seed}${FAITHFUL[index % FAITHFUL.length] ?? ''}`;
}

/** How far it is, on standard error, every few seconds. */
function countRuns(total: number): { one(): void; stop(): void } {
  let done = 0;
  const timer = setInterval(() => process.stderr.write(`${done}/${total} runs\n`), 5000).unref();
  return {
    one: () => {
      done += 1;
    },
    stop: () => clearInterval(timer),
  };
}
