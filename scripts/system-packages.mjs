// Installs the Debian packages that the tests need and this machine lacks. Needs root and apt;
// where it cannot, it says what to install and the tests that need it skip with that reason.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Command that a package brings, and the package with what it needs to be of use. */
const NEEDED = [
  ['cc', 'gcc'],
  ['musl-gcc', 'musl-tools'],
  ['qemu-system-x86_64', 'qemu-system-x86'],
  ['qemu-system-aarch64', 'qemu-system-arm'],
  ['make', 'make'],
  ['xmllint', 'libxml2-utils'],
  ['i686-linux-gnu-gcc', 'gcc-i686-linux-gnu libc6-dev-i386-cross'],
  ['aarch64-linux-gnu-gcc', 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross'],
  ['arm-linux-gnueabihf-gcc', 'gcc-arm-linux-gnueabihf libc6-dev-armhf-cross'],
  ['qemu-aarch64', 'qemu-user'],
  ['openssl', 'openssl'],
  ['chromium', 'chromium'],
];
const ATTEMPTS = 4;

const onPath = (command) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));

const missing = NEEDED.filter(([command]) => !onPath(command)).flatMap(([, names]) =>
  names.split(' '),
);
if (missing.length > 0) install([...missing, 'libc6-dev']);

function install(names) {
  const wanted = names.join(' ');
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    console.error(`Some tests will be skipped; to run all of them install: ${wanted}`);
    return;
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const update = apt(['update', '-q'], env);
    const done = update && apt(['install', '-y', '-q', '--no-install-recommends', ...names], env);
    if (done) return;
    console.error(`apt-get failed (attempt ${attempt} of ${ATTEMPTS})`);
    // Mirrors hiccup: wait a little longer each time.
    spawnSync('sleep', [String(attempt * 5)]);
  }
  console.error(`cannot install ${wanted}; install them by hand and run the tests again`);
  process.exit(1);
}

function apt(args, env) {
  const stdio = ['ignore', 'ignore', 'inherit'];
  return spawnSync('apt-get', args, { env, stdio }).status === 0;
}
