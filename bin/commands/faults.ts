import type { Argv, CommandModule } from 'yargs';
import { openTarget } from '../../adapters/open-target.ts';
import { whileHolding } from '../../reports/files/folder-lock.ts';
import { MatrixFiles } from '../../reports/files/matrix-files.ts';
import { faultExitCode, faultLines, faultMarkdown } from '../../suites/faults/fault-text.ts';
import { BOUND_DEFAULT, sweepFaults } from '../../suites/faults/sweep-suites.ts';
import { closeInTime } from '../shared/close-in-time.ts';
import { interruptible, type Stop } from '../shared/interruptible.ts';
import { LiveLine } from '../shared/live-line.ts';
import { countOption, idsIn, onlyOption, outputOptions, single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { sayWrapped } from '../shared/terminal.ts';

const POINTS_MAX = 4096;
const OUT = 'allocert-faults';

interface FaultsArguments {
  readonly target: string;
  readonly profile: string | undefined;
  readonly only: readonly string[] | undefined;
  readonly points: number | undefined;
  readonly out: string;
}

/** `allocert faults [target]` */
export const faultsCommand: CommandModule<object, FaultsArguments> = {
  command: 'faults [target]',
  describe: 'Let every allocation of the kernel in every call of the cases fail once',
  builder: (argv: Argv) =>
    argv
      .positional('target', { type: 'string', default: 'sim:', describe: 'Target URL' })
      .option('profile', {
        type: 'string',
        requiresArg: true,
        coerce: single('profile'),
        describe: 'Profile whose cases run [default: the one of the target’s ABI]',
      })
      .option('only', onlyOption)
      .option('points', {
        type: 'string',
        requiresArg: true,
        coerce: countOption('points', POINTS_MAX),
        describe: `Allocations of one call that fail at most [default: ${BOUND_DEFAULT}]`,
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        default: OUT,
        coerce: (value: string | readonly string[]) => single('out')(value) ?? '',
        describe: 'Directory of faults.json and faults.md',
      })
      .options(outputOptions)
      .epilogue(
        'Exit codes: 0 nothing found, 1 something found, 2 usage, 3 not complete; ' +
          'see docs/faults.md.',
      ),
  handler: async (given) => {
    const { out } = given;
    conclude(await whileHolding([out], 'faults', () => sweep(given)));
  },
};

async function sweep({ only, out, points, profile, target }: FaultsArguments): Promise<number> {
  const adapter = await openTarget(target);
  const files = new MatrixFiles(out, 'faults');
  let place = 'starting the target';
  let kept = 'there is no report';
  const live = new LiveLine(() => place);
  const goOn = () => `${kept}; to sweep all cases, run the same command again`;
  const work = async ({ signal }: Stop): Promise<number> => {
    try {
      const report = await sweepFaults({
        adapter,
        profile,
        only: idsIn(only),
        bound: points ?? BOUND_DEFAULT,
        signal,
        onCase: (id, index, total) => {
          place = `${index}/${total} cases: ${id}`;
        },
      });
      files.write(report, faultMarkdown(report));
      kept = `the report in ${out} holds the cases before`;
      live.stop();
      const lines = [...faultLines(report), `The report is in ${out}.`];
      sayWrapped(...lines);
      return faultExitCode(report);
    } finally {
      live.stop();
      await closeInTime(adapter);
    }
  };
  return interruptible({ step: 'case', goOn, work });
}
