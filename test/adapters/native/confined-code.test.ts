/** What a client refuses to code that is not the executor's own: here that of a library. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Operation, Result } from '../../../adapters/contract/index.ts';
import { openNative } from '../../../adapters/native/adapter.ts';
import { packageRoot } from '../../../base/package-root.ts';

process.env.ALLOCERT_CACHE = join(tmpdir(), 'allocert-test-cache');

/** Each is harmless where it is not refused: it names nothing, or an address of nothing. */
const REFUSED = [
  'SYS_ptrace, 0x4206, 0',
  'SYS_mount',
  'SYS_unshare, CLONE_NEWUSER',
  'SYS_setns, -1',
  'SYS_setpgid, 0, 0',
  'SYS_bpf, -1',
  'SYS_keyctl, -1',
  'SYS_init_module',
  'SYS_reboot',
  'SYS_io_uring_setup',
  'SYS_pidfd_getfd, -1',
  'SYS_socket, AF_INET, SOCK_STREAM',
  'SYS_socket, AF_NETLINK, SOCK_RAW',
  'SYS_clone, CLONE_NEWUSER | SIGCHLD, 1',
  'SYS_fcntl, 0, F_SETOWN, 0',
  'SYS_fcntl, 0, F_SETFL, O_ASYNC',
  'SYS_ioctl, 0, 0x8914',
  'SYS_ioctl, 0, 0x5452',
  'SYS_prlimit64, 1, RLIMIT_CPU',
  'SYS_sched_setscheduler, 1',
];
const ALLOWED = [
  'SYS_getpid',
  'SYS_fcntl, 0, F_GETFL',
  'SYS_fcntl, 0, F_SETFL, O_NONBLOCK',
  'SYS_prlimit64, 0, RLIMIT_CPU',
  'SYS_socket, AF_UNIX, SOCK_STREAM',
];

const SOURCE = `
#define _GNU_SOURCE
#include <allocert-vendor.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
static const long calls[][6] = { ${[...REFUSED, ...ALLOWED].map((one) => `{ ${one} }`).join(', ')} };
static int64_t make(int fd, const void *from, uint64_t bytes, int64_t at)
{
	(void)fd, (void)from, (void)bytes;
	return syscall(calls[at][0], calls[at][1], calls[at][2], calls[at][3], calls[at][4],
		       calls[at][5]);
}
const struct allocert_vendor allocert_vendor = {
	.version = ALLOCERT_VENDOR_VERSION, .bytes = sizeof(allocert_vendor), .name = "reaching",
	.node = "/dev/reaching", .abi = "simple-allocator", .pwrite = make };
`;

async function answers(t: Test, options: string): Promise<readonly Result[]> {
  const folder = t.testdir();
  const [source, library] = [join(folder, 'library.c'), join(folder, 'library.so')];
  writeFileSync(source, SOURCE);
  const include = `-I${join(packageRoot(), 'adapters', 'executor', 'include')}`;
  execFileSync('cc', ['-shared', '-fPIC', include, '-o', library, source]);
  const adapter = openNative(`native:${library}${options}`);
  t.teardown(() => adapter.close());
  const session = await adapter.open();
  await session.begin('reaching');
  const operations = [...REFUSED, ...ALLOWED].map((_, i): Operation => {
    return { op: 'pwrite', fd: 0n, offset: BigInt(i), bytes: new Uint8Array(1) };
  });
  const threads = [{ client: 'main', operations }];
  return (await session.run({ deadlineMs: 5000, threads })).threads[0] ?? [];
}

t.test('system calls that reach beyond a client are refused', async (t) => {
  const results = await answers(t, '');
  for (const [i, call] of REFUSED.entries()) t.match(results[i], { errno: 'EPERM' }, call);
  for (const [i, call] of ALLOWED.entries()) {
    t.match(results[REFUSED.length + i], { outcome: 'returned', errno: undefined }, call);
  }
});

t.test('with confine=no they are the kernel’s to answer', async (t) => {
  const results = await answers(t, '?confine=no');
  t.match(results[REFUSED.indexOf('SYS_setns, -1')], { errno: 'EBADF' });
});
