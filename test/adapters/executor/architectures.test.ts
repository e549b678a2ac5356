/** The agent of every architecture passes the tests beside this one, as far as it runs here. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  type Architecture,
  toolchainsFor,
} from '../../../adapters/executor/build/architectures.ts';
import { buildAgent } from '../../../adapters/executor/build/build.ts';
import { packageRoot } from '../../../base/package-root.ts';
import { TEST_AGENTS } from './agent-process.ts';

interface Machine {
  readonly architecture: Architecture;
  /** Width and machine number (e_machine) of its programs, as elf(5) has them. */
  readonly bits: 32 | 64;
  readonly number: number;
  /** What runs its programs; a PC's kernel runs those of both widths itself. */
  readonly emulator?: string;
}

const MACHINES: readonly Machine[] = [
  { architecture: 'i386', bits: 32, number: 3 },
  { architecture: 'aarch64', bits: 64, number: 183, emulator: 'qemu-aarch64' },
  { architecture: 'armhf', bits: 32, number: 40, emulator: 'qemu-arm' },
];
const BATTERY = ['executor', 'clients', 'ioctl', 'protocol', 'room'];

const missing = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined;

/** Why the architecture cannot be tested here; false when it can. */
function skipOf({ architecture, emulator }: Machine): string | false {
  const { tried, packages } = toolchainsFor(architecture);
  if (process.arch !== 'x64') return 'the table of machines is for tests on a 64-bit PC';
  if (tried.every(({ command }) => missing(command))) return `needs ${packages}`;
  return emulator !== undefined && missing(emulator) ? 'needs qemu-user' : false;
}

for (const machine of MACHINES) {
  const { architecture, bits, number, emulator } = machine;
  t.test(architecture, { skip: skipOf(machine) }, async (t) => {
    const { path } = await buildAgent(TEST_AGENTS, { architecture, flags: ['-Werror'] });
    const header = readFileSync(path).subarray(0, 20);
    t.equal(header[4], bits / 32, 'EI_CLASS');
    t.equal(header.readUInt16LE(18), number, 'e_machine');
    const env = {
      ...process.env,
      ALLOCERT_TEST_AGENT: path,
      ...(emulator === undefined ? {} : { ALLOCERT_TEST_EMULATOR: emulator }),
    };
    for (const name of BATTERY) {
      const file = join(packageRoot(), 'build/test/adapters/executor', `${name}.test.js`);
      await t.spawn(process.execPath, [file], { env }, name);
    }
  });
}

t.test('the machine itself is served by its own compiler, others by a cross compiler', (t) => {
  const commands = (architecture: Architecture | undefined, machine: string): readonly string[] =>
    toolchainsFor(architecture, machine).tried.map(({ command }) => command);
  t.strictSame(commands(undefined, 'riscv64'), ['musl-gcc', 'cc']);
  t.strictSame(commands('x86_64', 'x64'), ['musl-gcc', 'cc']);
  t.strictSame(commands('aarch64', 'arm64'), ['musl-gcc', 'cc']);
  t.strictSame(commands('x86_64', 'arm64'), ['x86_64-linux-gnu-gcc']);
  t.strictSame(commands('i386', 'x64'), ['i686-linux-gnu-gcc', 'gcc']);
  t.end();
});

t.test('a compiler that is missing is named with its package', async (t) => {
  const path = process.env.PATH;
  t.teardown(() => {
    process.env.PATH = path;
  });
  process.env.PATH = t.testdir({});
  await t.rejects(buildAgent(TEST_AGENTS, { architecture: 'armhf' }), {
    exitCode: 3,
    message:
      'the agent could not be compiled for armhf (arm-linux-gnueabihf-gcc is not there); ' +
      'install gcc-arm-linux-gnueabihf and libc6-dev-armhf-cross',
  });
});
