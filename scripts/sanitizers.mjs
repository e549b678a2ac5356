// Runs every test of the C code with AddressSanitizer and UndefinedBehaviorSanitizer in it: the
// agent, the addon and the example library. Clients have no standard error, so the sanitizers write
// to files, and any file is a failure.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const AGENT = ['adapters/native/executor', 'adapters/native/clients', 'adapters/native/ioctl'];
const OTHERS = ['adapters/native/protocol', 'adapters/native/golden', 'adapters/native/adapter'];
const REMOTE = ['adapters/remote/exec', 'adapters/remote/client'];
// Node itself must have the sanitizer's runtime before anything else for the addon.
const INSIDE = ['adapters/native/in-process', 'adapters/native/broken-library', 'e2e/library'];

const folder = mkdtempSync(join(tmpdir(), 'allocert-sanitizers-'));
// Faults are what many cases are about: they stay the executor's, and the kernel's to end clients by.
const faults = 'handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigfpe=0:detect_leaks=0';
const env = {
  ...process.env,
  ALLOCERT_NATIVE_CFLAGS:
    '-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g -O1',
  ASAN_OPTIONS: `${faults}:log_path=${join(folder, 'address')}`,
  UBSAN_OPTIONS: `print_stacktrace=1:log_path=${join(folder, 'undefined')}`,
};

const outside = test([...AGENT, ...OTHERS, ...REMOTE]);
const runtime = execFileSync('cc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
const inside = test(INSIDE, runtime);
const reports = readdirSync(folder);
for (const name of reports) console.error(readFileSync(join(folder, name), 'utf8'));
rmSync(folder, { recursive: true, force: true });
if (reports.length > 0) console.error(`the sanitizers wrote ${reports.length} reports, see above`);
process.exitCode = outside && inside && reports.length === 0 ? 0 : 1;

function test(names, preload) {
  const files = names.map((name) => `build/test/${name}.test.js`);
  const own = preload === undefined ? env : { ...env, LD_PRELOAD: preload };
  const words = ['--disable-coverage', '--timeout=300', '--reporter=terse', ...files];
  return spawnSync('node_modules/.bin/tap', words, { env: own, stdio: 'inherit' }).status === 0;
}
