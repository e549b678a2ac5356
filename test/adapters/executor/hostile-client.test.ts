/** What a client refuses to code that is not the executor's, where root's agent confines it. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import t, { type Test } from 'tap';
import { packageRoot } from '../../../base/package-root.ts';
import { NO_NAMESPACES } from './namespaces.ts';

const SOURCES = ['supervisor/confine', 'supervisor/shared', 'client/confine', 'client/filter'].map(
  (name) => join('adapters', 'executor', `${name}.c`),
);
const asRoot = process.geteuid?.() === 0;

/** What each attempt comes to: `ok` where it is the client's own affair. */
const CONFINED: readonly [string, RegExp][] = [
  ['open /etc/shadow', /^ENOENT$/],
  ['open /proc/1/root/etc/shadow', /^EACCES$/],
  ['open /proc/self/root/etc/shadow', /^ENOENT$/],
  ['open /dev/mem', /^ENOENT$/],
  ['open /tmp/allocert-hostile new', /^ENOENT$/],
  ['open /allocert-hostile new', /^EROFS$/],
  ['open /proc/sys/kernel/hostname for writing', /^EROFS$/],
  ['open /proc/sys/vm/drop_caches for writing', /^EROFS$/],
  ['open /proc/1/mem for writing', /^EACCES$/],
  ['open /proc/kcore', /^(EPERM|ENOENT)$/],
  ['open /proc/self/exe for writing', /^ETXTBSY$/],
  ['open /sys/allocert-hostile new', /^EROFS$/],
  ['open /dev/zero for writing', /^ok$/],
  ['open /proc/meminfo', /^ok$/],
  ['open /sys/devices/system/cpu/online', /^ok$/],
  ...['chmod region', 'chmod program', 'chown region', 'unlink region', 'mknod', 'mkdir'].map(
    (name): [string, RegExp] => [name, /^EPERM$/],
  ),
  ['fchmodat2', /^ENOSYS$/],
  ['setxattrat', /^ENOSYS$/],
  ['kill victim', /^ESRCH$/],
  ['kill all', /^ESRCH$/],
  // The first process of its namespace does not hear of it.
  ['kill supervisor', /^ok$/],
  ['few processes', /^ok$/],
  ['priority of victim', /^ESRCH$/],
];
const FILTERED = ['mount', 'umount', 'chroot', 'unshare', 'setns', 'sethostname', 'reboot', 'bpf'];
const FILTERED_TOO = ['init_module', 'network', 'netlink'];

const root = mkdtempSync(join(tmpdir(), 'allocert-hostile-client-'));
t.teardown(() => rmSync(root, { recursive: true }));
const PROGRAM = join(root, 'hostile-client');
const OWN = join('test', 'adapters', 'executor', 'hostile-client.c');
const FLAGS = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-static', '-pthread', '-o', PROGRAM];
execFileSync('cc', [...FLAGS, OWN, ...SOURCES], { cwd: packageRoot() });

interface Came {
  readonly confinement: string;
  readonly attempts: Readonly<Record<string, string>>;
}

/** Runs the program, behind the words that go before it. */
function attempts(words: readonly string[], victim: number): Came {
  const [command = '', ...rest] = [...words, '/dev/zero', String(victim)];
  const { stdout, status } = spawnSync(command, rest, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`it ended with ${status}: ${stdout}`);
  const [confinement = '', numbers = '{}'] = stdout.split('\n');
  const named = Object.entries(JSON.parse(numbers) as Record<string, number>).map(
    ([name, number]) => [name, number === 0 ? 'ok' : getSystemErrorName(-number)] as const,
  );
  return { confinement, attempts: Object.fromEntries(named) };
}

function victimOf(t: Test) {
  const victim = spawn('sleep', ['1000'], { stdio: 'ignore' });
  t.teardown(() => victim.kill('SIGKILL'));
  return victim;
}

function refused(t: Test, came: Came): void {
  for (const name of [...FILTERED, ...FILTERED_TOO]) t.equal(came.attempts[name], 'EPERM', name);
}

t.test('a device’s client reaches nothing but its target', { skip: NO_NAMESPACES }, (t) => {
  const victim = victimOf(t);
  const before = statSync('/dev/zero').mode;
  const came = attempts([PROGRAM], victim.pid ?? 0);
  t.equal(came.confinement, 'namespaces');
  for (const [name, expected] of CONFINED) t.match(came.attempts[name], expected, name);
  refused(t, came);
  t.equal(came.attempts.setgid, 'EPERM', 'a privilege that no case needs');
  t.equal(victim.exitCode ?? victim.signalCode, null, 'the process lives');
  t.equal(statSync('/dev/zero').mode, before);
  t.end();
});

t.test('without privilege over namespaces the filter is left', { skip: !asRoot }, (t) => {
  const drop = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'];
  const without = NO_NAMESPACES === false ? drop : [];
  const came = attempts([...without, PROGRAM], 0);
  t.equal(came.confinement, 'filter');
  refused(t, came);
  t.end();
});

t.test('so is it where clients cannot have a root', { skip: NO_NAMESPACES }, (t) => {
  // A machine without /sys, in a file system of its own.
  for (const folder of ['proc', 'dev']) mkdirSync(join(root, folder));
  const script = 'mount --bind /proc "$0/proc" && mount --bind /dev "$0/dev" &&';
  const words = ['unshare', '--mount', 'sh', '-c', `${script} exec chroot "$0" "$@"`, root];
  const came = attempts([...words, '/hostile-client'], 0);
  t.equal(came.confinement, 'filter');
  refused(t, came);
  t.end();
});
