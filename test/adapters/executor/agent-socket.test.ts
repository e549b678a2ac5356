/** Goal: an agent puts its socket only where nobody else can, and takes nobody's place. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Operation } from '../../../adapters/contract/program.ts';
import { buildAgent } from '../../../adapters/executor/build/build.ts';
import { openTarget } from '../../../adapters/open-target.ts';
import { TEST_AGENTS } from './agent-process.ts';

const { path: AGENT } = await buildAgent(TEST_AGENTS, { flags: ['-Werror'] });

/** Paths of sockets must be short. */
function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Starts an agent, which listens by then. */
async function listening(
  t: Test,
  path: string,
  more: readonly string[] = [],
): Promise<ChildProcess> {
  const agent = spawn(AGENT, ['--unix', path, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => agent.kill('SIGKILL'));
  t.match(String(await once(agent.stdout, 'data')), /listening at/);
  return agent;
}

/** Asserts that an agent refuses a place, with a sentence. */
function refuses(t: Test, path: string, said: RegExp): void {
  const { status, stderr } = spawnSync(AGENT, ['--unix', path], { encoding: 'utf8' });
  t.equal(status, 1, path);
  t.match(stderr, said);
  t.ok(stderr.startsWith(`allocert: cannot listen at ${path}: `), stderr);
}

t.test('a folder that others can write to', async (t) => {
  const folder = join(folderOf(t), 'shared');
  mkdirSync(folder);
  const path = join(folder, 'socket');
  for (const mode of [0o777, 0o770]) {
    chmodSync(folder, mode);
    refuses(t, path, /others can replace what is in its folder; use one that only you can write/);
    t.notOk(existsSync(path));
  }
  chmodSync(folder, 0o1777);
  await listening(t, path);
  t.equal(statSync(path).mode & 0o777, 0o600);
});

t.test('a socket at which somebody listens stays', async (t) => {
  const path = join(folderOf(t), 'socket');
  const first = await listening(t, path);
  const { ino } = statSync(path);
  refuses(t, path, /another agent listens there/);
  t.equal(statSync(path).ino, ino);
  // Hosts wait for their turn; also a full queue is somebody.
  const hosts = Array.from({ length: 8 }, () => connect(path).on('error', () => undefined));
  refuses(t, path, /another agent listens there/);
  for (const host of hosts) host.destroy();
  first.kill('SIGKILL');
  // Root's agent is two processes: the second has its output, too.
  await once(first, 'close');
  await listening(t, path);
  t.ok(statSync(path).isSocket(), 'what a dead agent left is replaced');
});

t.test('what is no socket stays, and paths that cannot be', async (t) => {
  const folder = folderOf(t);
  const file = join(folder, 'file');
  writeFileSync(file, 'mine');
  refuses(t, file, /it exists and is not a socket/);
  t.equal(readFileSync(file, 'utf8'), 'mine');
  refuses(t, join(folder, 'gone', 'socket'), /No such file or directory/);
  refuses(t, join(folder, 'x'.repeat(120)), /the path is too long/);
});

const ROOT = process.geteuid?.() === 0;

t.test('a folder of another user', { skip: ROOT ? false : 'needs root' }, async (t) => {
  const folder = join(folderOf(t), 'theirs');
  mkdirSync(folder, 0o700);
  chownSync(folder, 65534, 65534);
  refuses(t, join(folder, 'socket'), /others can replace what is in its folder/);
});

/** What a client finds in the region, in a session of its own. */
async function contents(path: string): Promise<string | undefined> {
  const adapter = await openTarget(`remote:unix:${path}`);
  const session = await adapter.open();
  await session.begin('contents');
  const operations: readonly Operation[] = [
    { op: 'open', file: 'region:0', flags: 0n, slot: 'fd' },
    { op: 'pread', fd: { slot: 'fd' }, length: 64n, offset: 0n },
  ];
  const { threads } = await session.run({
    deadlineMs: 20_000,
    threads: [{ client: 'main', operations }],
  });
  await adapter.close();
  return Buffer.from(threads[0]?.[1]?.out ?? []).toString();
}

t.test('each session sees the node that is there when it begins', async (t) => {
  const folder = folderOf(t);
  const [path, node] = [join(folder, 'socket'), join(folder, 'node')];
  writeFileSync(node, 'first');
  await listening(t, path, ['--region', node]);
  t.equal(await contents(path), 'first');
  rmSync(node);
  await t.rejects(contents(path), { message: /has no .*node \(ENOENT\)/ });
  writeFileSync(node, 'second');
  t.equal(await contents(path), 'second', 'as after a module was loaded again');
  t.equal(await contents(path), 'second');
});

t.test('what is wrong with the command line is told before the usage, with code 2', (t) => {
  const said = (...words: string[]): string => {
    const { status, stderr } = spawnSync(AGENT, words, { encoding: 'utf8' });
    t.equal(status, 2, words.join(' '));
    return stderr;
  };
  t.match(said('--regoin', '/dev/cma0'), /^allocert: there is no option --regoin\nusage: /);
  t.match(said('--region'), /^allocert: --region needs a value\nusage: /);
  t.equal(
    said('--library', './lib.so'),
    'allocert: a static agent loads no libraries; use allocert serve native:./lib.so ' +
      '--listen unix:PATH\n',
  );
  t.end();
});
