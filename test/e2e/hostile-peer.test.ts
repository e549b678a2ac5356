/**
 * What a peer tries with a session at a daemon that root started for a device of its machine: to
 * reach beyond the target by Programs alone. Each attempt is refused, and the session goes on.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Operation, Result, Session } from '../../adapters/contract/index.ts';
import { F_SETFL, IOC_WRITE, ioctlNumber, O_CREAT } from '../../adapters/contract/linux.ts';
import { openTarget } from '../../adapters/open-target.ts';
import { TEST_AGENTS } from '../adapters/executor/agent-process.ts';
import { NAMESPACES_SKIP } from '../adapters/executor/namespaces.ts';
import { start } from './command.ts';

process.env.ALLOCERT_CACHE = join(TEST_AGENTS, '..', 'allocert-test-cache');

const skip = process.geteuid?.() === 0 ? false : 'only root could do more than it may';
/** CAP_DAC_OVERRIDE, CAP_KILL, CAP_SETUID, CAP_IPC_LOCK and CAP_SYS_RESOURCE. */
const KEPT = 0x10040a2n;
const F_SETOWN = 8n;
const F_SETSIG = 10n;
const F_SETOWN_EX = 15n;
const F_SETLEASE = 1024n;
const F_NOTIFY = 1026n;
const F_ADD_SEALS = 1033n;
const O_ASYNC = 0o20000n;
const O_TMPFILE = 0o20200000n;
const PAGE = 4096n;
/** Bytes of shared memory that a load shows at a time. */
const WINDOW = 65_536n;
/** Loads of one Program, and the bytes that they show. */
const WINDOWS = 200;
const SPAN = BigInt(WINDOWS) * WINDOW;
const RW = 3n;
const PRIVATE_ANONYMOUS = 0x22n;

/** Sockets of the daemons, by the device that each serves. */
const daemons = new Map<string, Promise<string>>();
const folder = mkdtempSync(join(tmpdir(), 'allocert-hostile-peer-'));
const children: ChildProcess[] = [];
t.teardown(async () => {
  for (const child of children) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true });
});

async function startDaemon(device: string): Promise<string> {
  const path = join(folder, `socket-${daemons.size}`);
  const words = ['serve', `native:${device}`, '--listen', `unix:${path}`];
  const child = start(words, ['ignore', 'pipe', 'ignore']);
  children.push(child);
  if (child.stdout !== null) await once(child.stdout, 'data');
  return path;
}

async function sessionOf(t: Test, device = '/dev/zero'): Promise<Session> {
  const path = daemons.get(device) ?? startDaemon(device);
  daemons.set(device, path);
  const adapter = await openTarget(`remote:unix:${await path}`);
  t.teardown(() => adapter.close());
  const session = await adapter.open();
  await session.begin('hostile');
  return session;
}

async function run(session: Session, operations: readonly Operation[]): Promise<readonly Result[]> {
  const threads = [{ client: 'main', operations }];
  return (await session.run({ deadlineMs: 5000, threads })).threads[0] ?? [];
}

/** An address of the client at which the text or bytes lie, near a fresh mapping of its own. */
async function find(session: Session, text: string | Uint8Array): Promise<bigint | undefined> {
  const mapping = { length: PAGE, protection: RW, flags: PRIVATE_ANONYMOUS, fd: -1n } as const;
  const [mapped] = await run(session, [{ op: 'mmap', ...mapping }]);
  const fresh = mapped?.value ?? 0n;
  for (let round = 0n; round < 40n; round++) {
    for (const base of [fresh + round * SPAN, fresh - (round + 1n) * SPAN]) {
      const found = await findWithin(session, text, base);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

async function findWithin(session: Session, text: string | Uint8Array, base: bigint) {
  const loads = Array.from({ length: WINDOWS }, (_, i): Operation => {
    return { op: 'load', address: base + BigInt(i) * WINDOW, length: WINDOW };
  });
  for (const [i, { out }] of (await run(session, loads)).entries()) {
    const at = Buffer.from(out).indexOf(text);
    if (at >= 0) return base + BigInt(i) * WINDOW + BigInt(at);
  }
  return undefined;
}

/** Where a client that changed its user keeps shared memory open: the two below its limit. */
function candidates(): bigint[] {
  const limit = /^Max open files +\d+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  const high = Math.min(Number(limit?.[1] ?? 65_536), 65_536);
  return [BigInt(high - 2), BigInt(high - 1)];
}

const store = (address: bigint, bytes: Uint8Array): Operation => ({
  op: 'store',
  address,
  length: BigInt(bytes.length),
  bytes,
});

async function goesOn(t: Test, session: Session): Promise<void> {
  await session.begin('afterwards');
  const [opened] = await run(session, [{ op: 'open', file: 'region:0', flags: 2n }]);
  t.match(opened, { outcome: 'returned', value: 3n }, 'the session goes on');
}

t.test('no process is reached by the owner of a descriptor', { skip }, async (t) => {
  const victim = spawn('sleep', ['1000'], { stdio: 'ignore' });
  t.teardown(() => victim.kill('SIGKILL'));
  const session = await sessionOf(t);
  const [a, b] = [
    { slot: 'pair', offset: 0, width: 4 },
    { slot: 'pair', offset: 4, width: 4 },
  ] as const;
  const pid = BigInt(victim.pid ?? 0);
  const fcntl = (command: bigint, value: bigint): Operation => ({
    op: 'fcntl',
    fd: a,
    command,
    value,
  });
  const ioctl = (request: bigint): Operation => {
    const bytes = new Uint8Array(new Uint32Array([Number(pid)]).buffer);
    return { op: 'ioctl', fd: a, request, argument: { bytes } };
  };
  const results = await run(session, [
    { op: 'socketpair', slot: 'pair' },
    fcntl(F_SETOWN, pid),
    fcntl(F_SETSIG, 9n),
    fcntl(F_SETFL, O_ASYNC),
    fcntl(F_SETOWN_EX, 0n),
    fcntl(F_SETLEASE, 0n),
    fcntl(F_NOTIFY, 0n),
    ioctl(0x8901n),
    ioctl(0x8902n),
    ioctl(0x5452n),
    { op: 'sendfd', fd: b, passed: b },
  ]);
  for (const result of results.slice(1, -1)) t.match(result, { errno: 'EPERM' });
  await run(session, [{ op: 'sleep', microseconds: 10_000n }]);
  t.equal(victim.exitCode ?? victim.signalCode, null, 'the process lives');
  await goesOn(t, session);
});

t.test('no file is made', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-hostile-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'region');
  writeFileSync(path, '');
  const session = await sessionOf(t, path);
  rmSync(path);
  const results = await run(session, [
    { op: 'open', file: 'region:0', flags: O_CREAT | 2n },
    { op: 'open', file: '/dev/allocert_control', flags: O_CREAT | 2n },
    { op: 'open', file: '/dev/null', flags: O_TMPFILE | 2n },
    { op: 'memfd', length: 1n, slot: 'fd' },
    { op: 'reopen', fd: { slot: 'fd' }, flags: O_CREAT | 2n },
  ]);
  for (const at of [0, 1, 2, 4]) t.match(results[at], { errno: 'EPERM' });
  t.notOk(existsSync(path));
  t.notOk(existsSync('/dev/allocert_control'));
});

t.test('no network interface is configured', { skip }, async (t) => {
  const before = networkInterfaces();
  const session = await sessionOf(t);
  const request = new Uint8Array(40);
  request.set(Buffer.from('lo'));
  const [SIOCSIFFLAGS, SIOCSIFMTU, SIOCSIFNAME] = [0x8914n, 0x8922n, 0x8923n];
  const results = await run(session, [
    { op: 'socketpair', slot: 'pair' },
    ...[SIOCSIFFLAGS, SIOCSIFMTU, SIOCSIFNAME].map(
      (number): Operation => ({
        op: 'ioctl',
        fd: { slot: 'pair', offset: 0, width: 4 },
        request: number,
        argument: { bytes: request },
      }),
    ),
    // What a case does with a socket is answered by the kernel as ever.
    {
      op: 'ioctl',
      fd: { slot: 'pair', offset: 0, width: 4 },
      request: ioctlNumber(IOC_WRITE, 'b', 0n, 8n),
      argument: { bytes: new Uint8Array(8) },
    },
  ]);
  for (const result of results.slice(1, -1)) t.match(result, { errno: 'EPERM' });
  t.match(results.at(-1), { errno: 'ENOTTY' });
  t.same(networkInterfaces(), before);
});

for (const [what, text, path] of [
  ['the path of a region', '/dev/zero\0', '/etc/shadow\0'],
  ['the path of the executable', '/proc/self/exe\0', '/bin/true\0'],
] as const) {
  t.test(`${what} cannot be written`, { skip }, async (t) => {
    const session = await sessionOf(t);
    const address = await find(session, text);
    if (address === undefined) {
      t.fail(`${text} is not found`);
      return;
    }
    const page = address - (address % PAGE);
    const results = await run(session, [
      store(address, Buffer.from(path)),
      { op: 'mprotect', address: page, length: PAGE, protection: RW },
      store(address, Buffer.from(path)),
      { op: 'open', file: 'region:0', flags: 0n, slot: 'fd' },
      { op: 'readlink', fd: { slot: 'fd' } },
      { op: 'exec' },
      { op: 'close', fd: { slot: 'fd' } },
    ]);
    t.match(results[0], { outcome: 'faulted', signal: 'SIGSEGV' });
    t.match(results[1], { errno: 'EACCES' });
    t.match(results[2], { outcome: 'faulted', signal: 'SIGSEGV' });
    t.equal(Buffer.from(results[4]?.out ?? []).toString(), '/dev/zero');
    t.match(results[5], { outcome: 'returned', errno: undefined });
    t.match(results[6], { outcome: 'returned', errno: undefined }, 'the new image goes on');
    await goesOn(t, session);
  });
}

t.test('shared memory full of nonsense brings nobody down', { skip }, async (t) => {
  const session = await sessionOf(t);
  const base = await find(session, '/proc/self/exe\0');
  if (base === undefined) {
    t.fail('the shared memory is not found');
    return;
  }
  const start = base - (base % PAGE);
  for (const byte of [0xff, 0x7f, 0x01, 0x00]) {
    await session.begin('nonsense');
    const bytes = new Uint8Array([byte]);
    const megabyte = 1n << 20n;
    const stores = Array.from({ length: 160 }, (_, i): Operation => {
      const address = start + BigInt(i) * megabyte;
      return { op: 'store', address, length: megabyte, bytes };
    });
    const program = { deadlineMs: 300, threads: [{ client: 'main', operations: stores }] };
    await session.run(program).catch((thrown: Error) => {
      t.equal(thrown.name, 'RangeError', `the History makes no sense: ${thrown.message}`);
    });
    await goesOn(t, session);
  }
});

/** What the executor keeps of a client that lives: its state, then its process id. */
const aliveAs = (pid: bigint): Uint8Array =>
  new Uint8Array(new Uint32Array([2, Number(pid)]).buffer);

t.test('no process is reached as a client', { skip }, async (t) => {
  const victim = spawn('sleep', ['1000'], { stdio: 'ignore' });
  t.teardown(() => victim.kill('SIGKILL'));
  const session = await sessionOf(t);
  const [forked] = await run(session, [{ op: 'fork', client: 'child' }]);
  const address = await find(session, aliveAs(forked?.value ?? 0n));
  if (address === undefined) {
    t.fail('the client is not found');
    return;
  }
  const results = await run(
    session,
    [BigInt(victim.pid ?? 0), -1n, 1n].flatMap((pid): Operation[] => [
      store(address + 4n, new Uint8Array(new Int32Array([Number(pid)]).buffer)),
      { op: 'kill', client: 'child', signal: 9n },
      { op: 'peek', client: 'child', address: 4096n, length: 8n },
    ]),
  );
  for (const [i, result] of results.entries()) {
    // In namespaces of its own the client does not even see it.
    if (i % 3 !== 0) t.match(result, { errno: /^(EPERM|ESRCH)$/ });
  }
  t.equal(victim.exitCode ?? victim.signalCode, null, 'the process lives');
  await goesOn(t, session);
});

t.test('shared memory is neither cut nor sealed', { skip }, async (t) => {
  const session = await sessionOf(t);
  // From now on the client holds both parts open, high up.
  const [, ...found] = await run(session, [
    { op: 'setuid', uid: 0n },
    ...candidates().map((fd): Operation => ({ op: 'fcntl', fd, command: 1n, value: 0n })),
  ]);
  const kept = candidates().filter((_, i) => found[i]?.value === 1n);
  t.equal(kept.length, 2, 'the descriptors of both parts');
  for (const fd of kept) {
    const results = await run(session, [
      { op: 'reopen', fd, flags: 2n, slot: 'own' },
      { op: 'ftruncate', fd: { slot: 'own' }, length: 0n },
      { op: 'ftruncate', fd: { slot: 'own' }, length: 1n << 40n },
      { op: 'fcntl', fd: { slot: 'own' }, command: F_ADD_SEALS, value: 0x1fn },
    ]);
    for (const result of results.slice(1)) t.match(result, { errno: /^(EPERM|EINVAL|EBADF)$/ });
  }
  const [control = 0n] = kept;
  const [, written] = await run(session, [
    { op: 'reopen', fd: control, flags: 2n, slot: 'writable' },
    { op: 'pwrite', fd: { slot: 'writable' }, offset: 0n, bytes: new Uint8Array(64) },
  ]);
  t.match(written, { errno: 'EPERM' }, 'control is not written by its descriptor');
  await goesOn(t, session);
});

t.test('a client has no system call that reaches others', { skip }, async (t) => {
  const session = await sessionOf(t);
  const [read] = await run(session, [{ op: 'readfile', document: '/proc/self/status' }]);
  const status = Buffer.from(read?.out ?? []).toString();
  t.match(status, /^NoNewPrivs:\s1$/m);
  t.match(status, /^Seccomp:\s2$/m);
  t.match(readFileSync('/proc/self/status', 'latin1'), /^Seccomp:\s0$/m);
});

t.test(
  'a device’s clients have no privilege that they do not need',
  { skip: NAMESPACES_SKIP },
  async (t) => {
    const session = await sessionOf(t);
    t.equal(session.facts.details.confinement, 'namespaces');
    const [read, opened, executed, again] = await run(session, [
      { op: 'readfile', document: '/proc/self/status' },
      { op: 'open', file: 'region:0', flags: 2n },
      { op: 'exec' },
      { op: 'readfile', document: '/proc/self/status' },
    ]);
    t.match(opened, { value: 3n });
    t.match(executed, { outcome: 'returned', errno: undefined });
    for (const { out } of [read, again].filter((one) => one !== undefined)) {
      const status = Buffer.from(out).toString();
      for (const set of ['CapPrm', 'CapEff', 'CapBnd']) {
        const bits = BigInt(`0x${new RegExp(`^${set}:\\s(\\w+)$`, 'm').exec(status)?.[1] ?? 'f'}`);
        t.equal(bits & ~KEPT, 0n, `${set} is ${bits.toString(16)}`);
      }
      t.match(status, /^Pid:\s\d{1,3}$/m, 'in a namespace of its own');
    }
  },
);
