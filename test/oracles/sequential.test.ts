/** The sequential model: each rule of it is silent where it is kept, and speaks where it is not. */
import t from 'tap';
import { linux, type Operation, type Result } from '../../adapters/contract/index.ts';
import { requestBytes } from '../../catalogue/abi-request.ts';
import { sequential } from '../../oracles/index.ts';
import { abi, opened, PAGE, request, type Step, sample, step } from './sample.ts';

const { DMA_BUF_IOCTL_SYNC, DMA_BUF_SET_NAME, MAP_PRIVATE, MAP_SHARED, O_CLOEXEC } = linux;
const { O_NONBLOCK, O_RDONLY, O_RDWR, PROT_READ, PROT_WRITE } = linux;
const fd = 4n;
const address = 0x10000n;

let now = 10;
/** An operation and what came of it, after everything that was said before. */
function then(operation: Operation, given: Partial<Result> = {}): Step {
  now += 10;
  return step(operation, [now, now + 1], given);
}

const refused = (errno: 'EINVAL' | 'EBADF' | 'EACCES' | 'ENOTTY'): Partial<Result> => ({
  errno,
  value: -1n,
});

/** A buffer of two pages as number 4. */
function buffer(flags: bigint = O_RDWR | O_CLOEXEC): Step {
  now += 10;
  const length = 2n * PAGE;
  const out = requestBytes(abi, { length, descriptor: fd, flags });
  return request({ length, flags }, [now, now + 1], { out });
}

const judged = (...steps: readonly Step[]): string[] =>
  sequential(sample([opened, ...steps]).timeline, { abi, page: PAGE, exact: true }).map(
    ({ requirement }) => requirement,
  );

const map = (given: Partial<Result>, more: Partial<Record<string, bigint>> = {}): Step =>
  then(
    {
      ...{ op: 'mmap', length: 2n * PAGE, protection: PROT_READ | PROT_WRITE, flags: MAP_SHARED },
      ...{ fd, offset: 0n, ...more },
    } as Operation,
    given,
  );
const mapped = (): Step => map({ value: address });
const store = (bytes: Uint8Array, offset = 0n, at = address): Step =>
  then({ op: 'store', address: at, length: PAGE, bytes, offset }, { value: PAGE });
const scan = (bytes: Uint8Array, given: Partial<Result>, offset = 0n, at = address): Step =>
  then({ op: 'scan', address: at, length: PAGE, bytes, offset }, given);
const whole = { value: PAGE };
const fault = { outcome: 'faulted', signal: 'SIGBUS' } as const;
const ioctl = (command: bigint, bytes: Uint8Array, given: Partial<Result> = {}): Step =>
  then({ op: 'ioctl', fd, request: command, argument: { bytes } }, given);
const flagsOf = (flags: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(flags).buffer);

/** What fstat shows of a file with this inode. */
const statBytes = (inode: bigint): Uint8Array =>
  new Uint8Array(BigUint64Array.of(0n, 0n, inode, 1n, 0n).buffer);

const ZERO = Uint8Array.of(0);
const ONE = Uint8Array.of(1);

t.test('descriptors: open until they are closed, with the flags asked for', async (t) => {
  const close = (given: Partial<Result> = {}): Step => then({ op: 'close', fd }, given);
  t.strictSame(judged(buffer(), close()), []);
  t.strictSame(judged(buffer(), close(refused('EBADF'))), ['LIF-01']);
  t.strictSame(judged(buffer(), close(), close(refused('EBADF'))), []);
  t.strictSame(judged(buffer(), close(), close()), ['LIF-08']);
  const getfd = (value: bigint): Step => then({ op: 'fcntl', fd, command: 1n }, { value });
  t.strictSame(judged(buffer(), getfd(1n)), []);
  t.strictSame(judged(buffer(), getfd(0n)), ['FLG-02']);
  t.strictSame(judged(buffer(O_RDWR), getfd(1n)), ['FLG-02']);
  const getfl = (value: bigint): Step => then({ op: 'fcntl', fd, command: 3n }, { value });
  const setfl = then({ op: 'fcntl', fd, command: 4n, value: O_RDWR });
  t.strictSame(judged(buffer(O_RDONLY), setfl, getfl(O_RDONLY)), []);
  t.strictSame(judged(buffer(O_RDONLY), setfl, getfl(O_RDWR)), ['FLG-03']);
  const dup = then({ op: 'dup', fd }, { value: 5n });
  const other = (given: Partial<Result>): Step => then({ op: 'close', fd: 5n }, given);
  t.strictSame(judged(buffer(), dup, close(), other({})), []);
  t.strictSame(judged(buffer(), dup, close(), other(refused('EBADF'))), ['LIF-01']);
});

t.test('dup3 looks at its numbers before it looks for a file', async (t) => {
  const close = then({ op: 'close', fd });
  const dup3 = (to: bigint, word: 'EBADF' | 'EINVAL'): Step =>
    then({ op: 'dup3', fd, to, flags: 0n }, refused(word));
  t.strictSame(judged(buffer(), close, dup3(fd, 'EINVAL')), []);
  t.strictSame(judged(buffer(), close, dup3(fd, 'EBADF')), []);
  t.strictSame(judged(buffer(), close, dup3(7n, 'EINVAL')), ['LIF-08']);
});

t.test('status flags stay as they are until F_SETFL', async (t) => {
  const getfl = (more: bigint): Step =>
    then({ op: 'fcntl', fd, command: 3n }, { value: O_RDWR | more });
  const setfl = then({ op: 'fcntl', fd, command: 4n, value: O_RDWR | O_NONBLOCK });
  t.strictSame(judged(buffer(), getfl(0n), getfl(0n)), []);
  t.strictSame(judged(buffer(), getfl(O_NONBLOCK), getfl(O_NONBLOCK)), [], 'asked for first');
  t.strictSame(judged(buffer(), getfl(0n), getfl(O_NONBLOCK)), ['ERR-14']);
  t.strictSame(judged(buffer(), getfl(0n), setfl, getfl(O_NONBLOCK)), []);
});

t.test('a standard stream that nothing touched stays the same file', async (t) => {
  const look = (inode: bigint, stream = 2n): Step =>
    then({ op: 'fstat', fd: stream }, { out: statBytes(inode) });
  t.strictSame(judged(look(7n), buffer(), look(7n)), []);
  t.strictSame(judged(look(7n), buffer(), look(8n)), ['ERR-14']);
  t.strictSame(judged(look(7n), look(8n, 1n)), [], 'streams differ');
  const given = then({ op: 'dup2', fd: 1n, to: 2n }, { value: 2n });
  t.strictSame(judged(look(7n), given, look(8n)), [], 'something else was put there');
});

t.test('a negative number is no descriptor', async (t) => {
  const minus = 0xffff_ffffn;
  const look = (given: Partial<Result>): Step => then({ op: 'fstat', fd: minus }, given);
  t.strictSame(judged(buffer(), look(refused('EBADF'))), []);
  t.strictSame(judged(buffer(), look({ out: statBytes(7n) })), ['FD-13']);
  const dup = (given: Partial<Result>): Step => then({ op: 'dup', fd: minus }, given);
  t.strictSame(judged(buffer(), dup(refused('EBADF'))), []);
  t.strictSame(judged(buffer(), dup({ value: 5n })), ['FD-13']);
});

t.test('an int is taken as one: what lies in the other half of a word is nothing', async (t) => {
  const far = 1n << 63n;
  const seek = (whence: bigint, value: bigint): Step =>
    then({ op: 'lseek', fd, offset: 0n, whence }, { value });
  t.strictSame(judged(buffer(), seek(far, 0n)), [], 'SEEK_SET');
  t.strictSame(judged(buffer(), seek(far + 2n, PAGE)), ['FD-08'], 'SEEK_END');
  const duplicate = then({ op: 'fcntl', fd, command: far, value: 0n }, refused('EACCES'));
  t.strictSame(judged(buffer(), duplicate), ['FD-03'], 'F_DUPFD');
});

t.test('a duplicate at a number that no table has is refused', async (t) => {
  const to = (number: bigint, given: Partial<Result>): Step =>
    then({ op: 'dup2', fd, to: number }, given);
  t.strictSame(judged(buffer(), to(-1n, refused('EBADF'))), []);
  t.strictSame(judged(buffer(), to(-1n, { value: 7n })), ['FD-03']);
  t.strictSame(judged(buffer(), to(9n, refused('EBADF'))), ['FD-03']);
  t.strictSame(judged(buffer(), to(1n << 20n, refused('EBADF'))), []);
  const three = then({ op: 'dup3', fd, to: -100n, flags: 0n }, refused('EBADF'));
  t.strictSame(judged(buffer(), three), []);
});

t.test('files: seeking, reading, polling, sizes, names and commands', async (t) => {
  const seek = (value: bigint, offset = 0n): Step =>
    then({ op: 'lseek', fd, offset, whence: 2n }, { value });
  t.strictSame(judged(buffer(), seek(2n * PAGE)), []);
  t.strictSame(judged(buffer(), seek(PAGE)), ['FD-08']);
  t.strictSame(judged(buffer(), seek(PAGE, 1n)), ['FD-08'], 'nothing but the end itself');
  const read = (given: Partial<Result>): Step => then({ op: 'pread', fd, length: 1n }, given);
  t.strictSame(judged(buffer(), read(refused('EINVAL'))), []);
  t.strictSame(judged(buffer(), read({ value: 1n })), ['FD-07']);
  const poll = (value: bigint): Step => then({ op: 'poll', fd, events: 5n }, { value });
  t.strictSame(judged(buffer(), poll(5n)), []);
  t.strictSame(judged(buffer(), poll(0n)), ['FD-09']);
  const stat = (size: bigint): Step =>
    then(
      { op: 'fstat', fd },
      { out: new Uint8Array(BigUint64Array.of(0n, size, 0n, 0n, 0n).buffer) },
    );
  t.strictSame(judged(buffer(), stat(2n * PAGE)), []);
  t.strictSame(judged(buffer(), stat(PAGE)), ['LEN-04']);
  const sync = (flags: bigint, given: Partial<Result> = {}): Step =>
    ioctl(DMA_BUF_IOCTL_SYNC, flagsOf(flags), given);
  t.strictSame(judged(buffer(), sync(7n)), []);
  t.strictSame(judged(buffer(), sync(7n, refused('ENOTTY'))), ['FD-02']);
  t.strictSame(judged(buffer(), sync(8n)), ['FD-10']);
  const name = (length: number): Step =>
    ioctl(DMA_BUF_SET_NAME, new TextEncoder().encode(`${'n'.repeat(length)}\0`));
  t.strictSame(judged(buffer(), name(31)), []);
  t.strictSame(judged(buffer(), name(32)), ['FD-12']);
  const information = (text: string): Step =>
    then(
      { op: 'readfile', document: '/proc/self/fdinfo', fd },
      { out: new TextEncoder().encode(text) },
    );
  t.strictSame(judged(buffer(), name(3), information('size:\t8192\nname:\tnnn\n')), []);
  t.strictSame(judged(buffer(), name(3), information('size:\t8192\nname:\tnn\n')), ['LEN-04']);
  t.strictSame(judged(buffer(), information('size:\t2\n')), ['LEN-04']);
  const asked = { fd, request: linux.ioctlNumber(3n, 'S', 0n, 32n) };
  const again = (given: Partial<Result>): Step =>
    ioctl(asked.request, requestBytes(abi, { length: PAGE }), given);
  t.strictSame(judged(buffer(), again(refused('ENOTTY'))), []);
  t.strictSame(judged(buffer(), again(refused('EINVAL'))), ['IOC-09']);
});

t.test('mappings: within the buffer, at whole pages, as the mode allows', async (t) => {
  t.strictSame(judged(buffer(), mapped()), []);
  t.strictSame(judged(buffer(), map(refused('EINVAL'))), ['MAP-01']);
  t.strictSame(judged(buffer(), map({ value: address }, { offset: PAGE })), ['MAP-07']);
  t.strictSame(judged(buffer(), map({ value: address }, { offset: 1n, length: 1n })), ['MAP-09']);
  t.strictSame(judged(buffer(), map({ value: address }, { length: 0n })), ['MAP-09']);
  const none = { errno: 'ENOMEM', value: -1n } as const;
  t.strictSame(judged(buffer(), map(none, { length: 3n * PAGE })), ['MAP-07']);
  t.strictSame(judged(buffer(), map(none, { length: 1n << 32n })), [], '32 bits have no room');
  t.strictSame(judged(buffer(), map({ value: address }, { length: 1n << 32n })), ['MAP-07']);
  t.strictSame(judged(buffer(O_RDONLY), map({ value: address })), ['MAP-03']);
  t.strictSame(judged(buffer(O_RDONLY), map(refused('EACCES'))), []);
  t.strictSame(judged(buffer(1n), map({ value: address }, { protection: 1n })), ['MAP-05']);
  t.strictSame(judged(buffer(), then({ op: 'close', fd }), map({ value: address })), ['MAP-13']);
  const widen = (given: Partial<Result>): Step =>
    then({ op: 'mprotect', address, length: PAGE, protection: 3n }, given);
  const reading = (): Step => map({ value: address }, { protection: 1n });
  t.strictSame(judged(buffer(O_RDONLY), reading(), widen(refused('EACCES'))), []);
  t.strictSame(judged(buffer(O_RDONLY), reading(), widen({})), ['MAP-04']);
  const grow = (): Step =>
    then(
      { op: 'mremap', address, oldLength: 2n * PAGE, newLength: 3n * PAGE, flags: 1n },
      { value: 0x20000n },
    );
  const beyond = (given: Partial<Result>): Step => scan(ZERO, given, 2n * PAGE, 0x20000n);
  t.strictSame(judged(buffer(), mapped(), grow(), beyond(fault)), []);
  t.strictSame(judged(buffer(), mapped(), grow(), beyond(whole)), ['MAP-10']);
});

t.test('contents: the same through each mapping, and private where they are', async (t) => {
  t.strictSame(judged(buffer(), mapped(), scan(ZERO, whole)), []);
  t.strictSame(judged(buffer(), mapped(), scan(ZERO, { value: 5n })), ['ISO-01']);
  t.strictSame(judged(buffer(), mapped(), store(ONE), scan(ONE, whole)), []);
  t.strictSame(judged(buffer(), mapped(), store(ONE), scan(ZERO, { value: 0n })), []);
  t.strictSame(judged(buffer(), mapped(), store(ONE), scan(ONE, { value: 0n })), ['MAP-02']);
  const at = 0x20000n;
  const second = (): Step => map({ value: at }, { offset: PAGE, length: PAGE });
  const seen = (given: Partial<Result>): Step => scan(ONE, given, 0n, at);
  t.strictSame(judged(buffer(), mapped(), second(), store(ONE, PAGE), seen(whole)), []);
  t.strictSame(judged(buffer(), mapped(), second(), store(ONE, PAGE), seen({ value: 0n })), [
    'MAP-02',
  ]);
  const own = (): Step => map({ value: at }, { flags: MAP_PRIVATE });
  const write = (): Step => store(ONE, 0n, at);
  t.strictSame(judged(buffer(), mapped(), own(), write(), scan(ZERO, whole)), []);
  t.strictSame(judged(buffer(), mapped(), own(), write(), scan(ZERO, { value: 0n })), ['ISO-01']);
  t.strictSame(judged(buffer(), own(), write(), seen(whole)), []);
  t.strictSame(judged(buffer(), own(), write(), seen({ value: 0n })), ['MAP-11']);
});

t.test('nothing is said of what others may take part in', async (t) => {
  const wrong = (): Step => scan(ZERO, { value: 5n });
  t.strictSame(judged(buffer(), mapped(), wrong()), ['ISO-01']);
  const fork = then({ op: 'fork', client: 'child' }, { value: 7n });
  t.strictSame(judged(buffer(), mapped(), fork, wrong()), []);
  const steps = [opened, buffer(), mapped(), wrong()];
  const setting = { abi, page: PAGE, exact: true };
  const other = [then({ op: 'munmap', address, length: PAGE })];
  t.strictSame(sequential(sample(steps, other).timeline, setting), [], 'another thread');
});
