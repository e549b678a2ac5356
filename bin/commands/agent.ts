import { copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { ARCHITECTURES, parseArchitecture } from '../../adapters/executor/build/architectures.ts';
import { buildAgent } from '../../adapters/executor/build/build.ts';
import { cacheFolder, makeCacheFolder, sha256OfFile } from '../../base/cache.ts';
import { messageOf, usageError } from '../../base/errors.ts';

import { say } from '../shared/terminal.ts';

interface BuildArguments {
  readonly arch: string;
  readonly out: string | undefined;
}

const buildCommand: CommandModule<object, BuildArguments> = {
  command: 'build',
  describe: 'Compile a static agent to carry to another machine',
  builder: (argv: Argv) =>
    argv
      .option('arch', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: `The machine that the agent is for: ${ARCHITECTURES.join(', ')}`,
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        describe: 'Where to put it; ./allocert-agent-ARCH when left out',
      })
      .epilogue('Exit codes: 0 built, 2 usage, 3 this machine cannot build it.'),
  handler: async ({ arch, out }) => {
    const architecture = parseArchitecture(arch);
    if (out === '') throw usageError('--out is empty; name the file that the agent goes to');
    const agents = join(cacheFolder(), 'agent');
    makeCacheFolder(agents);
    const built = await buildAgent(agents, { architecture });
    const file = out ?? `./allocert-agent-${architecture}`;
    await put(built.path, file);
    const { size } = await stat(file);
    say(file, `${size} bytes, SHA-256 ${await sha256OfFile(file)}`);
  },
};

async function put(built: string, file: string): Promise<void> {
  try {
    await copyFile(built, file);
  } catch (thrown) {
    const why = messageOf(thrown).split(',')[0];
    throw usageError(`cannot write the agent to ${file} (${why}); name another file with --out`);
  }
}

/** `allocert agent …` */
export const agentCommand: CommandModule = {
  command: 'agent',
  describe: 'Build agents for other machines',
  builder: (argv) => argv.command(buildCommand).demandCommand(1, 'name what to do: agent build'),
  handler: () => {},
};
