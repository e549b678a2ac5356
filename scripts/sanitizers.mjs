// Runs every test of the C code with AddressSanitizer and UndefinedBehaviorSanitizer in it: the
// agent, the addon and the example library. Clients have no standard error, so what the first one
// finds goes to files, and any file is a failure; what the second one finds ends the client, and
// the test fails.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const EXECUTOR = ['executor', 'clients', 'ioctl', 'protocol', 'golden'];
const AGENT = [
  ...EXECUTOR.map((name) => `adapters/executor/${name}`),
  ...['adapters/native/adapter', 'adapters/remote/exec', 'adapters/protocol/client', 'e2e/library'],
];
const ADDON = ['adapters/native/in-process', 'adapters/native/broken-library'];
// With an address sanitizer as well, all suites take too long for the deadlines of cases.
const WHOLE_ADDON = ['e2e/library-in-process'];

const UNDEFINED = '-fsanitize=undefined -fsanitize-undefined-trap-on-error -g -O1';
const BOTH = `-fsanitize=address -fno-omit-frame-pointer ${UNDEFINED}`;
// Faults are what many cases are about: they stay the executor's, and the kernel's to end clients.
const FAULTS = ['segv', 'sigbus', 'sigill', 'abort', 'sigfpe'].map((name) => `handle_${name}=0`);

const folder = mkdtempSync(join(tmpdir(), 'allocert-sanitizers-'));
const options = [...FAULTS, 'detect_leaks=0', `log_path=${join(folder, 'report')}`];
const runtime = execFileSync('cc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
const passed = [
  test(AGENT, { ALLOCERT_NATIVE_CFLAGS: BOTH }),
  // Node itself must have the runtime before anything else.
  test(ADDON, { ALLOCERT_NATIVE_CFLAGS: BOTH, LD_PRELOAD: runtime }),
  test(WHOLE_ADDON, { ALLOCERT_NATIVE_CFLAGS: UNDEFINED }),
];
const reports = readdirSync(folder);
for (const name of reports) console.error(readFileSync(join(folder, name), 'utf8'));
rmSync(folder, { recursive: true, force: true });
if (reports.length > 0) console.error(`the sanitizers wrote ${reports.length} reports, see above`);
process.exitCode = passed.includes(false) || reports.length > 0 ? 1 : 0;

function test(names, extra) {
  const files = names.map((name) => `build/test/${name}.test.js`);
  const env = { ...process.env, ...extra, ASAN_OPTIONS: options.join(':') };
  const words = ['--disable-coverage', '--timeout=300', '--reporter=terse', ...files];
  return spawnSync('node_modules/.bin/tap', words, { env, stdio: 'inherit' }).status === 0;
}
