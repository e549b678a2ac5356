import type { Argv, CommandModule } from 'yargs';
import { mention } from '../shared/terminal.ts';

interface PrepareArguments {
  readonly kernel: string;
}

const prepareCommand: CommandModule<object, PrepareArguments> = {
  command: 'prepare [kernel]',
  describe: 'Fetch a kernel and build what boots it, so that later runs start at once',
  builder: (argv: Argv) =>
    argv
      .positional('kernel', {
        type: 'string',
        default: 'debian',
        describe: 'Name of the kernel, as in vm:debian/…',
      })
      .epilogue('Exit codes: 0 prepared, 2 usage, 3 this machine cannot fetch or build it.'),
  handler: async ({ kernel }) => {
    const { prepareVm } = await import('../../adapters/vm/adapter.ts');
    await prepareVm(kernel, mention);
  },
};

/** `allocert vm …` */
export const vmCommand: CommandModule = {
  command: 'vm',
  describe: 'Prepare kernels for vm: targets',
  builder: (argv) => argv.command(prepareCommand).demandCommand(1, 'name what to do: vm prepare'),
  handler: () => {},
};
