import { writeFileSync } from 'node:fs';
import type { Argv, CommandModule } from 'yargs';
import { openTarget } from '../../adapters/open-target.ts';
import { machineError, messageOf, usageError } from '../../base/errors.ts';
import { redact } from '../../base/redact.ts';
import { readFinding } from '../../fuzz/findings/read-finding.ts';
import { replayFinding, shareText } from '../../fuzz/findings/replay.ts';
import { scheduleOf } from '../../fuzz/findings/schedule.ts';
import { foundTarget } from '../../fuzz/findings/stored-target.ts';
import type { Finding } from '../../fuzz/record/finding.ts';
import { reproducerOf } from '../../fuzz/reproduce/index.ts';
import { wrap } from '../../reports/formats/layout.ts';
import { closeInTime } from '../shared/close-in-time.ts';
import { interruptible, type Stop } from '../shared/interruptible.ts';
import { LiveLine } from '../shared/live-line.ts';
import { single } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
import { columnsOf, say } from '../shared/terminal.ts';

interface ReplayArguments {
  readonly file: string;
  readonly times: string | undefined;
  readonly target: string | undefined;
  readonly 'c-program': string | undefined;
}

const TIMES = '10';

const text = (option: string, describe: string) =>
  ({ type: 'string', requiresArg: true, coerce: single(option), describe }) as const;

/** `allocert replay FILE` */
export const replayCommand: CommandModule<object, ReplayArguments> = {
  command: 'replay <file>',
  describe: 'Run a finding of the fuzzer again, and say how often it shows',
  builder: (argv: Argv) =>
    argv
      .positional('file', { type: 'string', demandOption: true, describe: 'A finding-*.json' })
      .option('times', text('times', `How often [default: ${TIMES}]`))
      .option('target', text('target', 'Where to run it; must be typed for every kind but sim:'))
      .option('c-program', {
        ...text('c-program', 'Write it as a C program to this file instead, and run nothing'),
        alias: 'c',
      })
      .epilogue('Exit codes: 0 it shows again, 1 it does not, 2 usage, 3 cannot be run.'),
  handler: async ({ 'c-program': c, file, target, times }) => {
    if (c !== undefined && (times !== undefined || target !== undefined)) {
      throw usageError('--c-program runs nothing, so leave --times and --target out');
    }
    const finding = readFinding(file);
    if (c !== undefined) writeProgram(finding, c);
    else conclude(await replay(finding, countOf(times ?? TIMES), target));
  },
};

function countOf(times: string): number {
  if (/^[1-9][0-9]{0,5}$/.test(times)) return Number(times);
  throw usageError(`--times cannot be "${times}"; give a whole number from 1`);
}

async function replay(finding: Finding, times: number, target?: string): Promise<number> {
  const adapter = await openTarget(target ?? foundTarget(finding.target));
  const lines = scheduleOf(finding, columnsOf() - 2);
  say(...wrap('', finding.signature, columnsOf()), ...lines.map((line) => `  ${line}`));
  let [done, shown] = [0, 0];
  const live = new LiveLine(() => `${done}/${times} runs, it showed in ${shown}`);
  const onRun = (...[shows, of]: readonly [number, number]): void => {
    [shown, done] = [shows, of];
  };
  const work = async ({ signal }: Stop): Promise<number> => {
    try {
      const seen = await replayFinding(adapter, finding, times, { onRun, signal });
      if (seen.of > 0) say(`It shows in ${shareText(seen)} on ${redact(adapter.url)}.`);
      return seen.times > 0 ? 0 : 1;
    } finally {
      live.stop();
      await closeInTime(adapter);
    }
  };
  const goOn = () => `${times - done} of ${times} runs are left; choose how many with --times`;
  return interruptible({ step: 'run', goOn, work });
}

function writeProgram(finding: Finding, file: string): void {
  const { refusal, text: program } = reproducerOf(finding);
  if (program === undefined)
    throw machineError(`there is no C program of this finding: ${refusal}`);
  try {
    writeFileSync(file, program);
  } catch (thrown) {
    throw usageError(`cannot write ${file}: ${messageOf(thrown)}`);
  }
  say(`${file}: cc -Wall -Wextra -pthread -o reproducer ${file}`);
}
