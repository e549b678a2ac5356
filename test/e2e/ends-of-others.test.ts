/** Code of others that ends the process, hangs or throws late: each row of the docs' table. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { LOCK_FILE } from '../../reports/files/lock-name.ts';
import { allocert, start } from './command.ts';
import { ENDS, type Scenario, troubledAdapter } from './ends-scenarios.ts';

const page = readFileSync(join(packageRoot(), 'docs/code-of-others.md'), 'utf8');
const ROWS = page
  .split('\n')
  .filter((line) => /^\| (?:adapter|library|configuration) /.test(line))
  .map((line) => line.slice(2, -2).split(' | '));

const CACHE = { ALLOCERT_CACHE: join(tmpdir(), 'allocert-test-cache') };
/** Seconds for code of others that hangs; enough for a start on a machine that is busy. */
const LIMIT = 15;

/** Short cases, all of which the simulator and the example library pass. */
const ONLY = ['--only', 'IOC-02,LIF-01/close,FD-01'];

function compile(cwd: string, kind: 'example' | 'bare'): void {
  const example = join(packageRoot(), 'examples/userspace-allocator');
  const sources =
    kind === 'bare'
      ? []
      : readdirSync(example)
          .filter((name) => name.endsWith('.c'))
          .map((name) => join(example, name));
  const headers = join(packageRoot(), 'adapters/executor/include');
  const flags = ['-shared', '-fPIC', '-pthread', '-I', headers, '-o', 'code.so', 'code.c'];
  execFileSync('cc', [...flags, ...sources], { cwd });
}

const hangs = ([, , , said = '']: readonly string[]): boolean => said.includes(' N s');

async function row(t: Test, cells: readonly string[], scenario: Scenario): Promise<void> {
  const [, , code = '', said = '', report = ''] = cells;
  const cwd = t.testdir({ ...scenario.files });
  if (scenario.library !== undefined) compile(cwd, scenario.library);
  const env = { ...CACHE, ...(hangs(cells) ? { ALLOCERT_TIME_LIMIT: String(LIMIT) } : {}) };
  const words = ['run', scenario.target, ...ONLY, '--out', 'report'];
  const ran = await allocert(words, { cwd, env });
  t.equal(ran.code, Number(code), ran.stdout + ran.stderr);
  const text = (ran.stderr + ran.stdout).replaceAll(/\s+/g, ' ');
  const sentence = said.trim().slice(1, -1).replace('N s', `${LIMIT} s`);
  t.ok(text.includes(sentence), `${sentence} | ${text}`);
  t.notMatch(ran.stderr, /\n {4}at |a bug in allocert/, 'no stack trace');
  const lines = ran.stderr.split('\n').filter((line) => line.startsWith('allocert: '));
  t.ok(lines.length <= 1, `one sentence: ${ran.stderr}`);
  const lost = sentence.includes('without a verdict');
  t.ok(lost || !existsSync(join(cwd, 'report', LOCK_FILE)), 'only a lost process leaves its lock');
  if (report === 'none') {
    t.notOk(existsSync(join(cwd, 'report', 'journal.ndjson')));
    return;
  }
  if (report === 'journal') {
    t.notOk(existsSync(join(cwd, 'report', 'record.json')));
    t.equal((await allocert(['report', 'report'], { cwd })).code, 3);
  }
  const record = JSON.parse(readFileSync(join(cwd, 'report', 'record.json'), 'utf8'));
  t.match(record, { complete: code === '0', exitCode: Number(code) });
  t.ok(record.cases.some(({ end }: { end: string }) => end === 'completed'));
}

t.test('the table has every end, and nothing else', async (t) => {
  const keys = ROWS.map(([who, what]) => `${who} | ${what}`);
  t.strictSame(keys.toSorted(), Object.keys(ENDS).toSorted());
});

/** Those that hang merely wait, all at the same time. */
for (const [hanging, jobs] of [
  [true, 10],
  [false, 2],
] as const) {
  t.test(`rows of what ${hanging ? 'hangs' : 'ends'} are as they say`, { jobs }, async (t) => {
    for (const cells of ROWS.filter((one) => hangs(one) === hanging)) {
      const key = `${cells[0]} | ${cells[1]}`;
      const { [key]: scenario } = ENDS;
      if (scenario !== undefined) t.test(key, (t) => row(t, cells, scenario));
    }
  });
}

t.test('a failure stays one, whatever is said when the process ends', async (t) => {
  const close = "process.exitCode = 0; process.on('exit', () => process.exit(0))";
  const cwd = t.testdir({ 'adapter.mjs': troubledAdapter({ close }) });
  const ran = await allocert(['run', './adapter.mjs', '--only', 'ABI-02', '--out', 'r'], { cwd });
  t.equal(ran.code, 3, 'no MUST passed');
});

t.test('listeners that are taken away hear of a late exception nevertheless', async (t) => {
  const run = "process.removeAllListeners(); setTimeout(() => { throw new Error('too late') });";
  const cwd = t.testdir({ 'adapter.mjs': troubledAdapter({ run: `${run} await never();` }) });
  const ran = await allocert(['run', './adapter.mjs', ...ONLY, '--out', 'r'], { cwd });
  t.equal(ran.code, 3);
  t.match(ran.stderr, /no caller waits for: too late/);
  t.match(JSON.parse(readFileSync(join(cwd, 'r', 'record.json'), 'utf8')), { exitCode: 3 });
});

const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  'adapter check': ['adapter', 'check', './adapter.mjs'],
  fuzz: ['fuzz', './adapter.mjs', '--rounds', '200', '--seed', '1', '--out', 'f'],
  canary: ['fuzz', './adapter.mjs', '--canary', '--rounds', '200', '--seed', '1'],
  compare: ['compare', './adapter.mjs', '--out', 'c'],
};
for (const [what, words] of Object.entries(ELSEWHERE)) {
  t.test(`${what}: an adapter that ends the process, or never settles`, async (t) => {
    for (const run of ['process.exit(0);', 'await never();']) {
      const cwd = t.testdir({ 'adapter.mjs': troubledAdapter({ run }) });
      const ran = await allocert(words, { cwd });
      t.ok(ran.code === 3 || (ran.code === 1 && what === 'adapter check'), `${run} ${ran.code}`);
      t.not(ran.stderr + ran.stdout, '');
      t.notMatch(ran.stderr, /\n {4}at |a bug in allocert/);
    }
  });
}

t.test('what a killed process guarded ends with it', async (t) => {
  const run = "process.stdout.write('it runs'); await busy();";
  const cwd = t.testdir({ 'adapter.mjs': troubledAdapter({ run }) });
  const words = ['run', './adapter.mjs', ...ONLY, '--out', 'r'];
  const child = start(words, ['ignore', 'pipe', 'pipe'], { cwd });
  // Both hold the pipes, which close with the last of them.
  const closed = once(child, 'close');
  if (child.stdout !== null) await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await closed;
  const again = await allocert(['report', 'r'], { cwd });
  t.equal(again.code, 3);
  t.match(again.stdout, /incomplete/i);
  t.notMatch(again.stderr, /being written to/);
});

t.test('Ctrl-C, which reaches two processes, is one interruption', async (t) => {
  const run = "process.stdout.write('it runs'); await heard();";
  const cwd = t.testdir({ 'adapter.mjs': troubledAdapter({ run }) });
  const words = ['run', './adapter.mjs', ...ONLY, '--out', 'r'];
  const child = start(words, ['ignore', 'pipe', 'pipe'], { cwd, ownGroup: true });
  const closed = once(child, 'close');
  if (child.stdout !== null) await once(child.stdout, 'data');
  process.kill(-(child.pid as number), 'SIGINT');
  t.strictSame(await closed, [130, null]);
  const record = JSON.parse(readFileSync(join(cwd, 'r', 'record.json'), 'utf8'));
  t.match(record, { complete: false, incompleteReason: 'the run was interrupted by SIGINT' });
  t.equal(record.cases.filter(({ end }: { end: string }) => end === 'completed').length, 2);
});

t.test('a time limit that is no number is refused', async (t) => {
  const cwd = t.testdir({ 'adapter.mjs': troubledAdapter({}) });
  const env = { ALLOCERT_TIME_LIMIT: 'soon' };
  const ran = await allocert(['run', './adapter.mjs', '--out', 'r'], { cwd, env });
  t.equal(ran.code, 2);
  t.match(ran.stderr, /^allocert: ALLOCERT_TIME_LIMIT cannot be "soon"; give a whole number/);
});
