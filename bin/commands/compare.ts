import type { Argv, CommandModule } from 'yargs';
import type { Adapter } from '../../adapters/contract/index.ts';
import { openTarget } from '../../adapters/open-target.ts';
import { whileHolding } from '../../reports/files/folder-lock.ts';
import { MatrixFiles } from '../../reports/files/matrix-files.ts';
import { comparisonPage } from '../../reports/formats/html/comparison.ts';
import {
  columnParagraphs,
  compareTargets,
  comparisonMarkdown,
  comparisonTable,
  differencesIn,
  differenceText,
} from '../../suites/assess/compare.ts';
import {
  assessTarget,
  openOrUnopened,
  type TargetResult,
  unopenedTarget,
} from '../../suites/assess/target-result.ts';
import { interruptible, type Stop } from '../shared/interruptible.ts';
import { outputOptions, single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { Progress } from '../shared/progress.ts';
import { columnsOf, say, sayParagraphs } from '../shared/terminal.ts';

interface CompareArguments {
  readonly targets: readonly string[];
  readonly out: string;
  readonly html: boolean;
  readonly 'only-differences': boolean;
}

/** `allocert compare TARGET…` */
export const compareCommand: CommandModule<object, CompareArguments> = {
  command: 'compare <targets..>',
  describe: 'Run the suites on several targets and put what they do side by side',
  builder: (argv: Argv) =>
    argv
      .positional('targets', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Target URLs, one for each column',
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        default: 'allocert-compare',
        coerce: (value: string | readonly string[]) => single('out')(value) ?? '',
        describe: 'Directory of matrix.json and matrix.md',
      })
      .option('only-differences', {
        type: 'boolean',
        default: false,
        describe: 'Leave out rows in which all targets were observed to do the same',
      })
      .option('html', {
        type: 'boolean',
        default: false,
        describe: 'Write matrix.html too, the table as one page',
      })
      .options(outputOptions)
      .epilogue('Exit codes: 0 all observed, 2 usage, 3 a target could not be observed.'),
  handler: async (given) => {
    const { out } = given;
    let kept = 'there is no matrix';
    const goOn = () => `${kept}; to compare all, run the same command again`;
    const work = async (stop: Stop) => {
      const code = await compare(given, stop);
      kept = `the matrix in ${out} holds what was observed`;
      return code;
    };
    const compared = () => interruptible({ step: 'case', goOn, work });
    conclude(await whileHolding([out], 'compare', compared));
  },
};

async function compare(given: CompareArguments, stop: Stop): Promise<number> {
  const { html, 'only-differences': onlyDifferences, out, targets } = given;
  const opened = [];
  for (const target of targets) opened.push(await openOrUnopened(target, openTarget));
  const files = new MatrixFiles(out, 'matrix');
  const results: TargetResult[] = [];
  for (const one of opened) results.push('problem' in one ? one : await observed(one, stop));
  const whole = compareTargets(results);
  const comparison = onlyDifferences ? differencesIn(whole) : whole;
  const page = html
    ? comparisonPage(comparison, differenceText(whole).replace('(*)', '(≠)'))
    : undefined;
  files.write(comparison, comparisonMarkdown(comparison), page);
  sayParagraphs(...columnParagraphs(comparison), { first: '', text: '' });
  say(...comparisonTable(comparison, columnsOf()), '');
  sayParagraphs(
    { first: '', text: differenceText(whole) },
    { first: '', text: `The matrix is in ${out}.` },
  );
  return comparison.exitCode;
}

/** What is seen of a target. After an interruption, others are not started. */
async function observed(adapter: Adapter, { expired, signal }: Stop): Promise<TargetResult> {
  const interrupted = unopenedTarget(adapter.url, 'the comparison was interrupted');
  if (signal.aborted) return interrupted;
  const progress = new Progress();
  try {
    const assessment = assessTarget(adapter, { listener: progress.listener, signal });
    return await Promise.race([assessment, expired.then(() => interrupted)]);
  } finally {
    progress.stop();
  }
}
