import type { Argv, CommandModule } from 'yargs';
import { usageError } from '../../adapters/contract/errors.ts';
import { redact } from '../../adapters/contract/redact.ts';
import { openTarget } from '../../adapters/registry.ts';
import { programsOf, readFinding, replayFinding } from '../../fuzz/replay.ts';
import { scheduleText } from '../../fuzz/schedule.ts';
import { storedTarget } from '../../fuzz/stored-target.ts';
import { single } from '../options.ts';

interface ReplayArguments {
  readonly file: string;
  readonly times: string;
  readonly target: string | undefined;
}

/** `allocert replay FILE` */
export const replayCommand: CommandModule<object, ReplayArguments> = {
  command: 'replay <file>',
  describe: 'Run a finding of the fuzzer again, and say how often it shows',
  builder: (argv: Argv) =>
    argv
      .positional('file', { type: 'string', demandOption: true, describe: 'A finding-*.json' })
      .option('times', {
        type: 'string',
        requiresArg: true,
        default: '10',
        coerce: (value: string | readonly string[]) => single('times')(value) ?? '',
        describe: 'How often',
      })
      .option('target', {
        type: 'string',
        requiresArg: true,
        coerce: single('target'),
        describe: 'Another target than the one that it was found on',
      })
      .epilogue('Exit codes: 0 it shows again, 1 it does not, 2 usage, 3 cannot be run.'),
  handler: async ({ file, times, target }) => {
    if (!/^[1-9][0-9]{0,5}$/.test(times)) {
      throw usageError(`--times cannot be "${times}"; give a whole number from 1`);
    }
    const finding = readFinding(file);
    const adapter = await openTarget(target ?? storedTarget(finding.target, '--target'));
    try {
      const lines = scheduleText(programsOf(finding), finding.histories);
      process.stdout.write(`${finding.signature}\n${lines.map((line) => `  ${line}\n`).join('')}`);
      const seen = await replayFinding(adapter, finding, Number(times));
      process.stdout.write(
        `It shows in ${seen.times} of ${seen.of} runs on ${redact(adapter.url)}.\n`,
      );
      process.exitCode = seen.times > 0 ? 0 : 1;
    } finally {
      await adapter.close();
    }
  },
};
