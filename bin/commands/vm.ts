import type { Argv, CommandModule } from 'yargs';
import { mention, say } from '../shared/terminal.ts';

interface PrepareArguments {
  readonly kernel: string;
  readonly list: boolean;
}

const prepareCommand: CommandModule<object, PrepareArguments> = {
  command: 'prepare [kernel]',
  describe: 'Fetch a kernel and build what boots it, so that later runs start at once',
  builder: (argv: Argv) =>
    argv
      .positional('kernel', {
        type: 'string',
        default: 'debian',
        describe: 'Name of the kernel, as in vm:debian/… or vm:debian@7.3/…',
      })
      .option('list', {
        type: 'boolean',
        default: false,
        describe: 'Print every kernel that has a name and what is missing for each; fetch nothing',
      })
      .epilogue('Exit codes: 0 prepared, 2 usage, 3 this machine cannot fetch or build it.'),
  handler: async ({ kernel, list }) => {
    if (list) return printKernels();
    const { prepareVm } = await import('../../adapters/vm/adapter.ts');
    await prepareVm(kernel, mention);
  },
};

async function printKernels(): Promise<void> {
  const { describeKernel, listKernels } = await import('../../adapters/vm/list-kernels.ts');
  for (const kernel of listKernels()) say(describeKernel(kernel));
}

/** `allocert vm …` */
export const vmCommand: CommandModule = {
  command: 'vm',
  describe: 'Prepare kernels for vm: targets',
  builder: (argv) => argv.command(prepareCommand).demandCommand(1, 'name what to do: vm prepare'),
  handler: () => {},
};
