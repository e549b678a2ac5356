import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { machineError } from '../../../base/errors.ts';
import { findOnPath } from '../../../base/find-on-path.ts';
import type { GuestArchitecture } from '../kernels/kernel-image.ts';

const run = promisify(execFile);

/** A compiler of modules, and what make is told so that it takes it. */
export interface ModuleCompiler {
  readonly command: string;
  /** The first line of its own description. */
  readonly description: string;
  readonly makeOptions: readonly string[];
  /** What edits object files of the architecture. */
  readonly objcopy: string;
}

interface CrossTools {
  /** Node's name of the machine whose own tools these are. */
  readonly own: string;
  readonly prefix: string;
  /** The kernel's name of the architecture. */
  readonly kernel: string;
  /** Debian's package. */
  readonly package: string;
}

const TOOLS: Readonly<Record<GuestArchitecture, CrossTools>> = {
  x86_64: {
    own: 'x64',
    prefix: 'x86_64-linux-gnu-',
    kernel: 'x86',
    package: 'gcc-x86-64-linux-gnu',
  },
  aarch64: {
    own: 'arm64',
    prefix: 'aarch64-linux-gnu-',
    kernel: 'arm64',
    package: 'gcc-aarch64-linux-gnu',
  },
  armhf: {
    own: 'arm',
    prefix: 'arm-linux-gnueabihf-',
    kernel: 'arm',
    package: 'gcc-arm-linux-gnueabihf',
  },
};

/** What this machine lacks to build modules for the architecture, as packages of Debian. */
export function missingForModules(architecture: GuestArchitecture): readonly string[] {
  const { package: name } = TOOLS[architecture];
  return [
    ...(findOnPath('make') === undefined ? ['make'] : []),
    ...(usualCompilers(architecture).some((command) => findOnPath(command)) ? [] : [name]),
  ];
}

const usualCompilers = (architecture: GuestArchitecture): readonly string[] => {
  const { own, prefix } = TOOLS[architecture];
  return [...(own === process.arch ? ['gcc'] : []), `${prefix}gcc`];
};

/**
 * The compiler that the kernel was built with, else the usual one for its architecture.
 *
 * @param headers the folder that modules are built against
 * @throws {@link AllocertError} when there is none, or no make
 */
export async function compilerFor(
  architecture: GuestArchitecture,
  headers: string,
): Promise<ModuleCompiler> {
  const config = await readFile(join(headers, 'include', 'config', 'auto.conf'), 'utf8');
  const builtWith = /^CONFIG_CC_VERSION_TEXT="(\S+)/m.exec(config)?.[1];
  const tried = [...(builtWith === undefined ? [] : [builtWith]), ...usualCompilers(architecture)];
  const command = tried.find((one) => findOnPath(one) !== undefined);
  const missing = missingForModules(architecture);
  if (command === undefined || missing.includes('make')) {
    throw machineError(
      `modules for ${architecture} kernels cannot be compiled; install ${missing.join(' and ')}`,
    );
  }
  const { stdout } = await run(command, ['--version']);
  const { own, prefix, kernel } = TOOLS[architecture];
  const cross = own === process.arch ? [] : [`ARCH=${kernel}`, `CROSS_COMPILE=${prefix}`];
  return {
    command,
    description: stdout.split('\n', 1)[0] ?? command,
    makeOptions: [`CC=${command}`, ...cross, ...(await withdrawnOptions(command, config))],
    objcopy: own === process.arch ? 'objcopy' : `${prefix}objcopy`,
  };
}

/** Options of newer compilers, by the setting of a kernel that was built with them. */
const NEWER_OPTIONS: Readonly<Record<string, string>> = {
  CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT: '-fmin-function-alignment=16',
  CONFIG_CC_OPT_INLINE_MEMSET: '-finline-stringops=memset',
};

/** A kernel's settings are those of its own compiler; an older one is told not to use them. */
async function withdrawnOptions(command: string, config: string): Promise<readonly string[]> {
  const withdrawn: string[] = [];
  for (const [setting, option] of Object.entries(NEWER_OPTIONS)) {
    if (!config.includes(`${setting}=`)) continue;
    const known = await run(command, [option, '-E', '-x', 'c', '/dev/null']).then(
      () => true,
      () => false,
    );
    if (!known) withdrawn.push(`${setting}=`);
  }
  return withdrawn;
}
