import type { Argv, CommandModule } from 'yargs';
import { CMA_VERSIONS, parseCmaVersion } from '../../adapters/vm/kernels/cma-versions.ts';
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

interface BuildArguments {
  readonly kernel: 'cma';
  readonly version: string;
  readonly renew: boolean;
}

const buildCommand: CommandModule<object, BuildArguments> = {
  command: 'build <kernel>',
  describe: 'Build the kernel of vm:cma/…, with CMA, KASAN, KCOV and fault injection',
  builder: (argv: Argv) =>
    argv
      .positional('kernel', {
        choices: ['cma'] as const,
        demandOption: true,
        describe: 'Name of the kernel, as in vm:cma/…',
      })
      // yargs has a --version of its own, which would win.
      .version(false)
      .option('version', {
        type: 'string',
        requiresArg: true,
        default: CMA_VERSIONS[0],
        describe: `Debian's source package: ${CMA_VERSIONS.join(' or ')}`,
      })
      .option('renew', {
        type: 'boolean',
        default: false,
        describe: 'Fetch the sources again, and build if they are newer',
      })
      .epilogue('Exit codes: 0 built, 2 usage, 3 this machine cannot build it.'),
  handler: async ({ version, renew }) => {
    const { buildCmaKernel } = await import('../../adapters/vm/kernels/cma-build.ts');
    const asked = { version: parseCmaVersion(version), renew, onStep: mention };
    const { image, details } = await buildCmaKernel(asked);
    say(image, `${details.package} ${details.version}, SHA-256 ${details.imageSha256}`);
  },
};

async function printKernels(): Promise<void> {
  const { describeKernel, listKernels } = await import('../../adapters/vm/list-kernels.ts');
  for (const kernel of listKernels()) say(describeKernel(kernel));
}

/** `allocert vm …` */
export const vmCommand: CommandModule = {
  command: 'vm',
  describe: 'Prepare and build kernels for vm: targets',
  builder: (argv) =>
    argv
      .command(prepareCommand)
      .command(buildCommand)
      .demandCommand(1, 'name what to do: vm prepare or vm build'),
  handler: () => {},
};
