import type { Argv, CommandModule } from 'yargs';
import { DEFECTS } from '../../adapters/simulator/defects/all.ts';
import { usageError } from '../../base/errors.ts';
import { whileHolding } from '../../reports/files/folder-lock.ts';
import { MatrixFiles } from '../../reports/files/matrix-files.ts';
import { wrap } from '../../reports/formats/layout.ts';
import {
  killParagraphs,
  qualificationMarkdown,
  qualificationParagraphs,
} from '../../suites/assess/qualification.ts';
import { CLEAN_RUNS, qualificationRuns } from '../../suites/assess/qualification-runs.ts';
import { type QualificationRuns, qualify } from '../../suites/assess/qualify.ts';
import { TargetPool } from '../../suites/assess/target-pool.ts';
import { single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { mention, say } from '../shared/terminal.ts';

interface QualifyArguments {
  readonly out: string;
  readonly 'clean-runs': number;
}

const CLEAN_RUNS_MAX = 10_000;
/** Milliseconds between two lines that say how far it is. */
const PROGRESS_MS = 5000;

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
        default: CLEAN_RUNS,
        coerce: cleanRuns,
        describe: 'Runs without a defect, each with a random seed',
      })
      .epilogue('Exit codes: 0 qualified, 1 not, 2 usage.'),
  handler: async ({ out, 'clean-runs': count }) => {
    conclude(await whileHolding([out], 'qualify', () => qualified(out, count)));
  },
};

async function qualified(out: string, count: number): Promise<number> {
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
  say(...lines);
  return qualification.exitCode;
}

function cleanRuns(given: number | string | readonly string[]): number {
  const text = single('clean-runs')(typeof given === 'number' ? String(given) : given) ?? '';
  const count = Number(text);
  if (/^[0-9]+$/.test(text) && count <= CLEAN_RUNS_MAX) return count;
  throw usageError(`--clean-runs takes a number from 0 to ${CLEAN_RUNS_MAX}, not "${text}"`);
}

async function allRuns(cleanRuns: number): Promise<QualificationRuns> {
  const pool = new TargetPool(new URL('../workers/qualify-worker.js', import.meta.url).href);
  let progress = 'starting';
  const timer = setInterval(() => mention(progress), PROGRESS_MS).unref();
  try {
    return await qualificationRuns({
      defects: DEFECTS,
      cleanRuns,
      observe: (target, profile) => pool.observe(target, profile),
      onRun: (done, total) => {
        progress = `${done}/${total} runs`;
      },
    });
  } finally {
    clearInterval(timer);
    await pool.close();
  }
}
