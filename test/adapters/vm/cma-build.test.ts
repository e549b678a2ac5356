/**
 * Building the kernel of vm:cma/…, with programs that only act as if: what is built is kept, what
 * was killed goes on, what is missing or refused is said. The real build takes minutes.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { buildCmaKernel } from '../../../adapters/vm/kernels/cma-build.ts';
import { cmaKernel } from '../../../adapters/vm/kernels/cma-kernel.ts';
import { parseCmaVersion } from '../../../adapters/vm/kernels/cma-versions.ts';
import { refusedSettings } from '../../../adapters/vm/kernels/configure-kernel.ts';
import type { KernelImage } from '../../../adapters/vm/kernels/kernel-image.ts';
import { packageRoot } from '../../../base/package-root.ts';
import { asUser, start } from '../../e2e/command.ts';

const COMMAND = join(packageRoot(), 'dist', 'bin', 'allocert.js');
const PACKAGE = 'as if it were a package\n';
const SHA256 = createHash('sha256').update(PACKAGE).digest('hex');

/** Programs by name; each writes what it was asked to `$LOG`. */
const FAKES: Readonly<Record<string, string>> = {
  'apt-cache': `echo 'Package: linux-source-6.12\nVersion: 6.12.1-1\nSHA256: ${SHA256}'`,
  'apt-get': `printf '${PACKAGE.trim()}\\n' > linux-source-6.12_6.12.1-1_all.deb`,
  'dpkg-deb': 'mkdir -p "$3/usr/src" && touch "$3/usr/src/linux-source-6.12.tar.xz"',
  tar: `d="$4/linux-source-6.12" && mkdir -p "$d/scripts/kconfig" "$d/arch/x86/boot" &&
printf '#!/bin/sh\\nPATH=/bin:/usr/bin\\ngrep -v "$REFUSED" "$3" >> .config\\n' > "$d/scripts/kconfig/merge_config.sh" &&
chmod +x "$d/scripts/kconfig/merge_config.sh"`,
  make: `case "$*" in
*tinyconfig*) touch .config ;;
*bzImage*)
  if [ -n "$HOLD" ]; then exec 9> "$HOLD"; echo built >&9; sleep 1000; fi
  if [ -n "$BROKEN" ]; then echo "mm/cma.c:1:2: error: no such thing" >&2; exit 2; fi
  echo image > arch/x86/boot/bzImage; touch System.map ;;
*run-command*) mkdir -p "\${3##* }" ;;
esac`,
  ...Object.fromEntries(
    ['gcc', 'xz', 'flex', 'bison', 'bc', 'perl'].map((name) => [name, 'echo 1']),
  ),
};

interface Machine {
  readonly cache: string;
  readonly env: Readonly<Record<string, string>>;
  /** Builds in this process, with some variables set; what takes long is in `steps`. */
  build(env?: Readonly<Record<string, string>>): Promise<KernelImage>;
  readonly steps: string[];
  /** The programs that ran, by name, and what they were asked. */
  asked(): string[];
}

/** Does something with variables of the environment set. */
async function withEnvironment<Value>(
  env: Readonly<Record<string, string>>,
  work: () => Promise<Value>,
): Promise<Value> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    return await work();
  } finally {
    process.env = before;
  }
}

function machine(folder: string, without = ''): Machine {
  const programs = join(folder, 'programs');
  const [cache, log] = [join(folder, 'cache'), join(folder, 'log')];
  mkdirSync(programs);
  writeFileSync(join(folder, 'gelf.h'), '');
  writeFileSync(log, '');
  for (const [name, script] of Object.entries(FAKES)) {
    if (name === without) continue;
    const head = `#!/bin/sh\nPATH=/usr/bin:/bin\necho "${name} $*" >> '${log}'\n`;
    writeFileSync(join(programs, name), `${head}${script}\n`);
    chmodSync(join(programs, name), 0o755);
  }
  for (const name of ['setpriv', 'sh']) {
    writeFileSync(join(programs, name), `#!/bin/sh\nexec /usr/bin/${name} "$@"\n`);
    chmodSync(join(programs, name), 0o755);
  }
  const env = {
    ALLOCERT_CACHE: cache,
    PATH: programs,
    CPATH: folder,
    HOLD: '',
    BROKEN: '',
    REFUSED: 'nothing at all',
  };
  const steps: string[] = [];
  const asked = {
    version: '6.12',
    renew: false,
    onStep: (step: string) => steps.push(step),
  } as const;
  return {
    ...{ cache, env, steps },
    build: (more = {}) => withEnvironment({ ...env, ...more }, () => buildCmaKernel(asked)),
    asked: () => readFileSync(log, 'utf8').trim().split('\n'),
  };
}

t.test('what is built is kept, and found again without asking anybody', async (t) => {
  const { build, cache, asked, env, steps } = machine(t.testdir({}));
  const prepare = () => withEnvironment(env, () => cmaKernel.prepare(undefined, () => {}));
  await t.rejects(prepare(), {
    exitCode: 3,
    message: /^the kernel with CMA 6\.12 is not built yet; run allocert vm build cma \(about 6 min/,
  });
  const { details, image } = await build();
  t.match(details, { package: 'linux-source-6.12', version: '6.12.1-1', packageSha256: SHA256 });
  t.match(steps.join(), /downloading.*unpacking.*configuring.*building/);
  t.equal((await prepare()).image, image);
  const kept = readdirSync(join(cache, 'cma'));
  t.equal(kept.length, 1, 'no work is left behind');
  t.match(kept[0], /^6\.12-[0-9a-f]{12}$/);
  t.ok(existsSync(join(cache, 'cma', kept[0] ?? '', 'headers')), 'for modules');
  const before = asked();
  t.ok(
    before.some((line) => line.startsWith('make -j') && line.includes('KCOV_INSTRUMENT_cma.o=y')),
  );
  t.equal((await build()).image, image);
  t.strictSame(asked(), before);
});

t.test('a build that is killed leaves nothing running, and goes on where it was', async (t) => {
  const folder = t.testdir({});
  const { build, cache, asked, env } = machine(folder);
  const fifo = join(folder, 'fifo');
  t.equal(spawnSync('mkfifo', [fifo]).status, 0);
  const child = start(['vm', 'build', 'cma'], 'ignore', { env: { ...env, HOLD: fifo } });
  const held = createReadStream(fifo);
  held.once('data', () => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  // It ends when no program that the build has started is left.
  t.equal((await buffer(held)).toString(), 'built\n');
  await ended;
  t.match(readdirSync(join(cache, 'cma')), [/^6\.12-[0-9a-f]{12}\.work-/]);
  const before = asked().length;
  await build();
  t.match(asked().slice(before), [/^make -j/, /^make -s run-command/, /^gcc --version/]);
  t.match(readdirSync(join(cache, 'cma')), [/^6\.12-[0-9a-f]{12}$/], 'and its work is gone');
});

t.test(
  'a builder that was killed is gone also where its parent does not wait for it',
  async (t) => {
    const folder = t.testdir({});
    const { build, cache, asked, env } = machine(folder);
    const fifo = join(folder, 'fifo');
    t.equal(spawnSync('mkfifo', [fifo]).status, 0);
    const words = [
      '/usr/bin/env',
      '-u',
      'NODE_OPTIONS',
      process.execPath,
      COMMAND,
      'vm',
      'build',
      'cma',
    ];
    const keeper = spawn('/bin/sh', ['-c', '"$@" & exec /bin/sleep 1000', 'sh', ...words], {
      env: { ...process.env, ...env, HOLD: fifo },
      stdio: 'ignore',
    });
    t.teardown(() => keeper.kill('SIGKILL'));
    const held = createReadStream(fifo);
    await once(held, 'data');
    const [, builder = ''] = /-(\d+)-\d+$/.exec(readdirSync(join(cache, 'cma'))[0] ?? '') ?? [];
    process.kill(Number(builder), 'SIGKILL');
    held.resume();
    await once(held, 'end');
    while (!/\) Z /.test(readFileSync(`/proc/${builder}/stat`, 'utf8'))) await setImmediate();
    const before = asked().length;
    await build();
    t.match(asked()[before], /^make -j/, 'it goes on where the other one was');
  },
);

t.test('of two builds at once each has its own sources, and the first result stays', async (t) => {
  const { build, cache, asked, env, steps } = machine(t.testdir({}));
  const entries = (): readonly string[] => readdirSync(join(cache, 'cma'));
  const kept = (): string =>
    join(cache, 'cma', entries().find((name) => !name.includes('.work-')) ?? '', 'bzImage');
  const seen: { status?: number | null; sources?: boolean; image?: string; inode?: number } = {};
  // Another process builds when this one begins to compile, and ends before it.
  const push = steps.push.bind(steps);
  steps.push = (step: string) => {
    if (step.startsWith('building')) {
      const [mine = ''] = entries();
      const words = [process.execPath, COMMAND, 'vm', 'build', 'cma', '--renew'];
      seen.status = asUser(words, { cwd: cache, env: { ...process.env, ...env } }).status;
      seen.sources = existsSync(join(cache, 'cma', mine, 'tree'));
      seen.image = kept();
      seen.inode = statSync(kept()).ino;
    }
    return push(step);
  };
  const { image } = await build();
  t.equal(seen.status, 0);
  t.ok(seen.sources, 'the other one left these sources alone');
  t.equal(image, seen.image);
  t.equal(statSync(image).ino, seen.inode, 'a guest may be starting from it');
  t.equal(asked().filter((line) => line.startsWith('tar ')).length, 2);
  t.match(entries(), [/^6\.12-[0-9a-f]{12}$/], 'no work is left behind');
});

t.test('a cache whose path make does not take is refused before anything is fetched', async (t) => {
  const folder = t.testdir({ 'with space': {}, plain: t.fixture('symlink', 'with space') });
  const { build, asked } = machine(folder);
  for (const name of ['with space', 'a:b', 'plain/new']) {
    await t.rejects(build({ ALLOCERT_CACHE: join(folder, name) }), {
      exitCode: 3,
      message: /takes no path with a space or a colon in it; set ALLOCERT_CACHE to another folder$/,
    });
  }
  t.strictSame(asked(), [''], 'no program was started');
});

t.test('what fails says why in a sentence, and leaves no work behind', async (t) => {
  const { build, cache } = machine(t.testdir({}));
  await t.rejects(build({ REFUSED: 'CONFIG_KASAN=y' }), {
    exitCode: 3,
    message: /^the sources refuse CONFIG_KASAN=y/,
  });
  await t.rejects(build({ BROKEN: '1' }), {
    exitCode: 3,
    message: /^cannot build the kernel: mm\/cma\.c:1:2: error: no such thing$/,
  });
  t.strictSame(readdirSync(join(cache, 'cma')), []);
  await t.rejects(machine(t.testdir({}), 'bison').build(), {
    exitCode: 3,
    message: /; install bison \(Debian\)$/,
  });
  t.throws(() => parseCmaVersion('5.4'), { exitCode: 2, message: /"5\.4"; use 6\.12 or 7\.3$/ });
});

t.test('a setting that older kernels do not know is no setting that they refuse', async (t) => {
  const fragment = 'CONFIG_KASAN=y\nCONFIG_CGROUP_DMEM=y\n# CONFIG_SLUB_TINY is not set\n# words\n';
  t.strictSame(refusedSettings(fragment, 'CONFIG_KASAN=y\n', '6.12'), []);
  t.strictSame(refusedSettings(fragment, 'CONFIG_SLUB_TINY=y\n', '7.3'), [
    'CONFIG_KASAN=y',
    'CONFIG_CGROUP_DMEM=y',
    '# CONFIG_SLUB_TINY is not set',
  ]);
});
