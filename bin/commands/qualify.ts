import type { Argv, CommandModule } from 'yargs';
import { openTarget } from '../../adapters/open-target.ts';
import { DEFECTS } from '../../adapters/simulator/defects/all.ts';
import { moduleDefectsFile } from '../../adapters/vm/modules/own-modules.ts';
import { AllocertError, usageError } from '../../base/errors.ts';
import { whileHolding } from '../../reports/files/folder-lock.ts';
import { MatrixFiles } from '../../reports/files/matrix-files.ts';
import { type DefectPlan, runWithDefects, withDefect } from '../../suites/assess/defect-runs.ts';
import { readDefects } from '../../suites/assess/known-defects.ts';
import {
  killParagraphs,
  qualificationMarkdown,
  qualificationParagraphs,
} from '../../suites/assess/qualification.ts';
import {
  CLEAN_RUNS,
  QUALIFIED_PROFILE,
  qualificationRuns,
} from '../../suites/assess/qualification-runs.ts';
import { type KnownDefect, type QualificationRuns, qualify } from '../../suites/assess/qualify.ts';
import { TargetPool } from '../../suites/assess/target-pool.ts';
import { interruptible, type Stop } from '../shared/interruptible.ts';
import { LiveLine } from '../shared/live-line.ts';
import { countOption, JOBS_MAX, outputOptions, single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { mention, sayParagraphs } from '../shared/terminal.ts';

interface QualifyArguments {
  readonly target: string;
  readonly out: string;
  readonly 'clean-runs': number | undefined;
  readonly defects: string | undefined;
  readonly 'only-broken': boolean;
  readonly jobs: number | undefined;
}

const SIMULATOR = 'sim:';
/** Targets that have the modules of targets/linux, whose defects are listed beside them. */
const OWN_MODULES = /^vm:[^/?]+\/cma\d/;

const CLEAN_RUNS_MAX = 10_000;

/** `allocert qualify` */
export const qualifyCommand: CommandModule<object, QualifyArguments> = {
  command: 'qualify [target]',
  describe: 'Prove that the suites see every known defect of a target, and accuse none without one',
  builder: (argv: Argv) =>
    argv
      .positional('target', {
        type: 'string',
        default: SIMULATOR,
        coerce: (value: string) => single('target')(value) ?? '',
        describe: 'Target URL that takes defect=NAME: the simulator, or modules in a guest',
      })
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
        coerce: countOption('clean-runs', CLEAN_RUNS_MAX),
        describe: `Further runs without a defect [default: ${CLEAN_RUNS} for ${SIMULATOR}, else 0]`,
      })
      .option('defects', {
        type: 'string',
        requiresArg: true,
        coerce: single('defects'),
        describe: 'JSON file that lists the defects of the target',
      })
      .option('only-broken', {
        type: 'boolean',
        default: false,
        describe: 'With a defect, run only the cases of the requirements that it breaks',
      })
      .option('jobs', {
        type: 'string',
        requiresArg: true,
        coerce: countOption('jobs', JOBS_MAX, 1),
        describe: `Runs at once [default: one for each core for ${SIMULATOR}, else 1]`,
      })
      .options(outputOptions)
      .epilogue('Exit codes: 0 qualified, 1 not, 2 usage, 3 this machine cannot run it.'),
  handler: async (args) => {
    const runs = await runsOf(args);
    const goOn = () => 'there is no kill matrix; to qualify, run the same command again';
    const work = (stop: Stop) => qualified(args.out, runs, stop);
    const all = () => interruptible({ step: 'case', goOn, work });
    conclude(await whileHolding([args.out], 'qualify', all));
  },
};

/** Runs everything, until a signal stops it. */
type ObserveAll = (signal: AbortSignal) => Promise<QualificationRuns>;

async function qualified(out: string, observeAll: ObserveAll, { signal }: Stop): Promise<number> {
  const files = new MatrixFiles(out, 'kill-matrix');
  const runs = await observeAll(signal);
  // Of runs that were stopped nothing follows.
  signal.throwIfAborted();
  const qualification = qualify(runs);
  files.write(qualification, qualificationMarkdown(qualification));
  const paragraphs = [
    ...killParagraphs(qualification),
    { first: '', text: '' },
    ...qualificationParagraphs(qualification),
    { first: '', text: `The kill matrix is in ${out}.` },
  ];
  sayParagraphs(...paragraphs);
  return qualification.exitCode;
}

/**
 * What is to be run, checked before anything is written.
 *
 * @throws {@link AllocertError} (usage) for options that do not fit the target
 */
async function runsOf(args: QualifyArguments): Promise<ObserveAll> {
  const { target, defects: file } = args;
  const cleanRuns = args['clean-runs'];
  if (target === SIMULATOR && file === undefined) {
    const onlyBroken = args['only-broken'];
    const plan = { defects: DEFECTS, cleanRuns: cleanRuns ?? CLEAN_RUNS, onlyBroken };
    return (signal) =>
      pooled(signal, args.jobs, (shared) => qualificationRuns({ ...plan, ...shared }));
  }
  const { forSuites, forOthers } = readDefects(file ?? listFor(target));
  for (const { name, oracle } of forOthers) {
    mention(`the defect ${name} breaks no requirement and is left out; ${oracle} finds it`);
  }
  for (const { name, breaks } of args['only-broken'] ? forSuites : []) {
    if (breaks.length === 0) {
      throw usageError(`the defect ${name} breaks no requirement; leave --only-broken out`);
    }
  }
  const defects: KnownDefect[] = [];
  for (const defect of forSuites) defects.push(await withoutForeignNeeds(target, defect));
  const plan = {
    target,
    profile: QUALIFIED_PROFILE,
    defects,
    cleanRuns: cleanRuns ?? 0,
    onlyBroken: args['only-broken'],
  };
  return (signal) =>
    pooled(signal, args.jobs ?? 1, (shared) => runWithDefects({ ...plan, ...shared }));
}

/**
 * A defect less the parameters that it needs and that this target does not take: then nothing may
 * show it. What is wrong with the URL is said here once, and not by every run.
 */
async function withoutForeignNeeds(target: string, defect: KnownDefect): Promise<KnownDefect> {
  const { needs, ...bare } = defect;
  await openTarget(withDefect(target, bare));
  if (needs === undefined) return bare;
  try {
    await openTarget(withDefect(target, defect));
    return defect;
  } catch (thrown) {
    if (!(thrown instanceof AllocertError)) throw thrown;
    return bare;
  }
}

function listFor(target: string): string {
  if (OWN_MODULES.test(target)) return moduleDefectsFile();
  throw usageError(`nothing lists the defects of ${target}; give --defects FILE`);
}

/** What both kinds of qualification are given to run with. */
type Shared = Pick<DefectPlan, 'observe' | 'onRun'>;

async function pooled(
  signal: AbortSignal,
  jobs: number | undefined,
  run: (shared: Shared) => Promise<QualificationRuns>,
): Promise<QualificationRuns> {
  const pool = new TargetPool(new URL('../workers/qualify-worker.js', import.meta.url).href, jobs);
  signal.addEventListener('abort', () => pool.stop(), { once: true });
  let progress = 'starting';
  const live = new LiveLine(() => progress);
  try {
    return await run({
      observe: (task) => pool.observe(task),
      onRun: (done, total) => {
        progress = `${done}/${total} runs`;
      },
    });
  } finally {
    live.stop();
    await pool.close();
  }
}
