import type { Argv, CommandModule } from 'yargs';
import { checkAdapter, checkExitCode } from '../../adapters/check/check.ts';
import { openTarget } from '../../adapters/open-target.ts';
import { redact } from '../../base/redact.ts';
import { schemaViolation } from '../../reports/files/schema.ts';
import { checkReport } from '../../reports/formats/adapter-check.ts';
import { closeInTime } from '../shared/close-in-time.ts';
import { interruptible, type Stop } from '../shared/interruptible.ts';
import { LiveLine } from '../shared/live-line.ts';
import { conclude } from '../shared/own-exit.ts';
import { refuseReplay } from '../shared/refuse-replay.ts';
import { columnsOf, sayText } from '../shared/terminal.ts';

interface CheckArguments {
  readonly target: string;
}

/** `allocert adapter check TARGET` */
const checkCommand: CommandModule<object, CheckArguments> = {
  command: 'check <target>',
  describe: 'Test an adapter against the contract: whether its answers can be believed',
  builder: (argv: Argv) =>
    argv
      .positional('target', {
        type: 'string',
        demandOption: true,
        describe: 'A target: ./my-adapter.js, a package or a URL',
      })
      .epilogue('Exit codes: 0 no rule is broken, 1 some are, 2 usage, 3 nothing could be tested.'),
  handler: async ({ target }) => {
    refuseReplay(target, 'adapter check');
    const goOn = () => 'to check all rules, run the same command again';
    const work = (stop: Stop) => check(target, stop);
    conclude(await interruptible({ step: 'rule', goOn, work }));
  },
};

async function check(target: string, { signal }: Stop): Promise<number> {
  const adapter = await openTarget(target);
  let place = 'starting the target';
  const live = new LiveLine(() => place);
  const onRule = ({ id }: { readonly id: string }, index: number, total: number): void => {
    place = `${index}/${total} rules: ${id}`;
  };
  try {
    const factsViolation = (facts: unknown) => schemaViolation('facts', facts);
    const results = await checkAdapter({ adapter, factsViolation, onRule, signal });
    live.stop();
    sayText(checkReport(redact(target), results, columnsOf()));
    return checkExitCode(results);
  } finally {
    live.stop();
    await closeInTime(adapter);
  }
}

/** `allocert adapter` */
export const adapterCommand: CommandModule = {
  command: 'adapter',
  describe: 'Work on an adapter: check',
  builder: (argv: Argv) =>
    argv.command(checkCommand).demandCommand(1, 'name what to do: adapter check'),
  handler: () => {},
};
