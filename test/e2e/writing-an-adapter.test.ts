/** docs/writing-an-adapter.md: its example runs as printed, and its types serve an author. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import { temporaryDirectory } from '../reports/sample.ts';
import { allocert, asUser } from './command.ts';

const LINES_MAX = 80;

/** A project of somebody else, with allocert installed. */
function project(): string {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(packageRoot(), join(folder, 'node_modules', 'allocert'));
  return folder;
}

const page = readFileSync(join(packageRoot(), 'docs', 'writing-an-adapter.md'), 'utf8');
const example = /^```js\n(.*?)^```$/ms.exec(page)?.[1] ?? '';

t.test('the example is short, runs, and is right in what it has', async (t) => {
  t.ok(example.split('\n').length - 1 < LINES_MAX, `fewer than ${LINES_MAX} lines`);
  const folder = project();
  writeFileSync(join(folder, 'example.mjs'), example);
  const ran = await allocert(['run', './example.mjs', '--out', 'report'], { cwd: folder });
  t.equal(ran.code, 3, ran.stdout + ran.stderr);
  t.match(ran.stdout, /Partly observed: nothing is broken in \d+ of \d+ applicable MUSTs/);
  t.match(ran.stdout, /, but only \d+ of the \d+ MUSTs that a claim rests on were observed/);
  t.match(ran.stdout, /rows, the target does not offer fcntl: .*FLG-02/);
  const text = readFileSync(join(folder, 'report', 'record.json'), 'utf8');
  const record = JSON.parse(text) as RunRecord;
  const statuses: Record<string, string> = Object.fromEntries(
    record.requirements.map((one) => [one.id, one.statuses[record.profile] ?? 'none']),
  );
  for (const id of [
    'LIF-01',
    'LIF-03',
    'VER-02',
    'ERR-05',
    'ERR-07',
    'FD-02',
    'MAP-01',
    'ISO-01',
  ]) {
    t.equal(statuses[id], 'pass', id);
  }
  t.equal(statuses['FLG-02'], 'skip', 'it has no fcntl');
  const rest = Object.entries(statuses).filter(
    ([, status]) => !['pass', 'skip', 'info'].includes(status),
  );
  t.strictSame(rest, [['CMA-06', 'inconclusive']], 'it does not show where its memory lies');
});

t.test('an adapter without mmap and dup claims nothing', async (t) => {
  const folder = project();
  const mmap = /^ {4}mmap: [\s\S]*?^ {4}\}\),\n/m;
  const less = example.replace(/^ {4}dup: .*\n/m, '').replace(mmap, '');
  t.notMatch(less, /dup:|mmap:/);
  writeFileSync(join(folder, 'example.mjs'), less);
  const reporters = ['tap', 'junit', 'ctrf', 'markdown', 'github', 'kcidb', 'html'];
  const places = reporters.flatMap((name) => ['--reporter', `${name}=${join(folder, name)}`]);
  const args = ['run', './example.mjs', '--out', 'report', ...places];
  const ran = await allocert(args, { cwd: folder });
  t.equal(ran.code, 3);
  t.match(ran.stdout, /hardened {2}partly observed/);
  t.notMatch(ran.stdout, /Conformant/);
  for (const name of reporters) {
    const text = readFileSync(join(folder, name), 'utf8');
    t.notMatch(text, /Conformant/, name);
    if (name !== 'github') t.match(text, /Partly observed/, name);
  }
  t.match(readFileSync(join(folder, 'github'), 'utf8'), /^::error /m);
});

t.test('a request that nothing fulfils is listed once, with the rule that is broken', async (t) => {
  const folder = project();
  const refusing = example.replace("if (length > free) return 'ENOMEM';", "return 'ENODEV';");
  t.not(refusing, example);
  writeFileSync(join(folder, 'example.mjs'), refusing);
  const ran = await allocert(['run', './example.mjs', '--out', 'report'], { cwd: folder });
  t.equal(ran.code, 1);
  const once = /^INCONCLUSIVE \d{2,} rows not looked at, blocked by IOC-01 \(IOC-01\/valid\): /m;
  t.match(ran.stdout, once);
  const text = readFileSync(join(folder, 'report', 'record.json'), 'utf8');
  const blocked = (JSON.parse(text) as RunRecord).cases.flatMap((one) => one.blocked ?? []);
  t.ok(blocked.length > 40, `${blocked.length} cases`);
  for (const { word, by } of blocked) {
    t.equal(word, 'ENODEV');
    t.strictSame(by, { requirement: 'IOC-01', case: 'IOC-01/valid' });
  }
  for (const name of ['report.tap', 'junit.xml', 'report.html']) {
    const view = readFileSync(join(folder, 'report', name), 'utf8');
    t.match(view, /not looked at, blocked by IOC-01/, name);
  }
});

t.test('a change to the example that breaks a rule is seen', async (t) => {
  const folder = project();
  const broken = example.replace("return (flags & 3) === 0 ? 'EINVAL' : 0", 'return 0');
  const unchecked = broken.replace('request.getBigUint64(0, true) !== 0n ||', '');
  t.not(unchecked, example);
  writeFileSync(join(folder, 'example.mjs'), unchecked);
  const args = ['run', './example.mjs', '--only', 'VER-02', '--out', 'report'];
  const ran = await allocert(args, { cwd: folder });
  t.equal(ran.code, 1);
  t.match(ran.stdout, /FAIL +VER-02/);
});

const TYPED = `
import type { Adapter, History, Program, Session, TargetFacts } from 'allocert/contract';
import { TargetDeath, linux, machineError } from 'allocert/contract';
import { adapterFromSyscalls, type Calls, Descriptors } from 'allocert/syscalls';

const calls: Calls<Descriptors<string>> = {
  open: (process, { file, flags }) => (flags === linux.O_RDWR ? process.add(file) : 'EACCES'),
  ioctl: (_process, { fd, request, argument }) => {
    const bytes: Uint8Array | undefined = argument.copyIn(8);
    return bytes === undefined ? 'EFAULT' : fd + Number(request);
  },
  mmap: () => ({ memory: new Uint8Array(4096) }),
};
export const open = (url: string): Adapter =>
  adapterFromSyscalls({
    url,
    implementation: 'typed',
    regions: [{ name: 'region:0', node: '/dev/typed', bounded: true }],
    start: () => ({ process: () => new Descriptors('standard'), calls }),
  });
export class ByHand implements Session {
  constructor(readonly facts: TargetFacts) {}
  async begin(): Promise<void> {}
  async run(program: Program): Promise<History> {
    if (program.threads.length === 0) throw machineError('nothing to do');
    throw new TargetDeath('hang', 'no answer');
  }
  async close(): Promise<void> {}
}
`;

/** What the compiler says of an author's file; empty when all is well. */
function compilerSays(text: string): string {
  const folder = project();
  writeFileSync(join(folder, 'adapter.ts'), text);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
  const types = ['--types', 'node', '--typeRoots', join(packageRoot(), 'node_modules', '@types')];
  const compiler = join(packageRoot(), 'node_modules', '.bin', 'tsc');
  const ran = asUser([compiler, ...options, ...types, 'adapter.ts'], { cwd: folder });
  return ran.status === 0 ? '' : `${ran.status}: ${ran.stdout}${ran.stderr}`;
}

t.test('a TypeScript author compiles against the package', async (t) => {
  t.equal(compilerSays(TYPED), '');
  const wrong = TYPED.replace("'EACCES'", "'EWRONG'");
  t.match(compilerSays(wrong), /EWRONG/, 'an errno that does not exist is refused');
});
