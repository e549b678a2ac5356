import type { Argv, CommandModule } from 'yargs';
import { CMA_VERSIONS, parseCmaVersion } from '../../adapters/vm/kernels/cma-versions.ts';
import { machineError, usageError } from '../../base/errors.ts';
import { countOption } from '../shared/options.ts';
import { conclude } from '../shared/own-exit.ts';
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

const SECONDS_MAX = 86_400;

interface RunArguments {
  readonly target: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly seconds: number | undefined;
}

const runCommand: CommandModule<object, RunArguments> = {
  command: 'run <target> <program> [args..]',
  describe: 'Run a static program in the guest of a target, such as the C program of a finding',
  builder: (argv: Argv) =>
    argv
      .positional('target', { type: 'string', demandOption: true, describe: 'A vm: target' })
      .positional('program', { type: 'string', demandOption: true, describe: 'Its file' })
      .positional('args', {
        type: 'string',
        array: true,
        default: [] as readonly string[],
        describe: 'Its arguments; options after --',
      })
      .option('seconds', {
        type: 'string',
        requiresArg: true,
        coerce: countOption('seconds', SECONDS_MAX, 1),
        describe: 'How long it may take, longer where the guest is emulated [default: 60]',
      })
      .epilogue('Exit codes: that of the program; 2 usage, 3 it could not be run to its end.'),
  handler: async ({ args, program: path, seconds, target }) => {
    if (!target.startsWith('vm:')) {
      throw usageError(`"${target}" is not a vm: target; write vm run TARGET PROGRAM`);
    }
    const { runInGuest } = await import('../../adapters/vm/run-program.ts');
    const options = { onStep: mention, ...(seconds === undefined ? {} : { seconds }) };
    const program = { path, args: args.map(String) };
    const { output, problem, status } = await runInGuest(target, program, options);
    say(...output);
    if (status === undefined) throw machineError(`${path} has no exit status: ${problem}`);
    conclude(status);
  },
};

async function printKernels(): Promise<void> {
  const { describeKernel, listKernels } = await import('../../adapters/vm/list-kernels.ts');
  for (const kernel of listKernels()) say(describeKernel(kernel));
}

/** `allocert vm …` */
export const vmCommand: CommandModule = {
  command: 'vm',
  describe: 'Prepare and build kernels for vm: targets, and run programs in them',
  builder: (argv) =>
    argv
      .command(prepareCommand)
      .command(buildCommand)
      .command(runCommand)
      .demandCommand(1, 'name what to do: vm prepare, vm build or vm run'),
  handler: () => {},
};
