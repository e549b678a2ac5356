/** What `adapterFromSyscalls` makes of a few functions. */
import t from 'tap';
import type { Operation, Program, Session } from '../../../adapters/contract/index.ts';
import { adapterFromSyscalls, type Calls, Descriptors } from '../../../adapters/functions/index.ts';

interface Process {
  readonly files: Descriptors<string>;
}

const PAGE = 4096n;

/** A session on a target with the functions given. */
async function target(calls: Calls<Process>, more: object = {}): Promise<Session> {
  const adapter = adapterFromSyscalls<Process>({
    url: './test.js',
    implementation: 'a test',
    regions: [{ name: 'region:0', node: '/dev/test', bounded: true }],
    start: () => ({
      process: (parent) => ({ files: parent?.files.copy(() => {}) ?? new Descriptors('std') }),
      calls,
      ...more,
    }),
  });
  const session = await adapter.open();
  await session.begin('test');
  return session;
}

const inMain = (operations: readonly Operation[], deadlineMs = 1000): Program => ({
  threads: [{ client: 'main', operations }],
  deadlineMs,
});

const opening: Operation = { op: 'open', file: 'region:0', flags: 2n, slot: 'fd' };
const open = (process: Process): number => process.files.add('file');
const close = (process: Process, { fd }: { fd: number }) =>
  process.files.remove(fd) === undefined ? 'EBADF' : 0;

t.test('values, errnos and out bytes come back as results', async (t) => {
  const session = await target({
    open,
    close,
    pread: () => ({ value: 2, out: Uint8Array.of(7, 8) }),
  });
  const history = await session.run(
    inMain([
      opening,
      { op: 'pread', fd: { slot: 'fd' }, length: 2n, slot: 'bytes' },
      { op: 'close', fd: { slot: 'bytes', offset: 0, width: 1 } },
      { op: 'close', fd: { slot: 'fd' } },
      { op: 'dup', fd: 0n },
    ]),
  );
  const [opened, read, missing, closed, absent] = history.threads[0] ?? [];
  t.match(opened, { outcome: 'returned', value: 3n });
  t.strictSame(read?.out, Uint8Array.of(7, 8));
  t.match(missing, { outcome: 'returned', errno: 'EBADF', value: -1n });
  t.match(closed, { outcome: 'returned', value: 0n });
  t.match(absent, { outcome: 'unsupported', value: -1n });
});

t.test('capabilities follow from the functions', async (t) => {
  const few = await target({ open, close });
  t.strictSame(few.facts.capabilities, ['files', 'clients', 'timing']);
  const more = await target({ open, mmap: () => 'ENODEV', setrlimit: () => 0 });
  t.strictSame(more.facts.capabilities, ['files', 'memory', 'clients', 'limits', 'timing']);
});

t.test('a name that no operation has is refused', async (t) => {
  const calls = { opne: open } as unknown as Calls<Process>;
  await t.rejects(target(calls), { exitCode: 2, message: /no place for "opne"/ });
});

t.test('mapped memory is shared, faults, and is released with its last page', async (t) => {
  const memory = new Uint8Array(Number(PAGE));
  let released = 0;
  const session = await target({
    mmap: () => ({ memory, mayWrite: false, release: () => (released += 1) }),
  });
  const at = { slot: 'a' };
  const map = { op: 'mmap', length: 2n * PAGE, flags: 1n, fd: 3n } as const;
  const history = await session.run(
    inMain([
      { ...map, protection: 3n, slot: 'a' },
      { op: 'store', address: at, length: PAGE, bytes: Uint8Array.of(1, 2) },
      { ...map, protection: 1n, slot: 'b' },
      { op: 'load', address: { slot: 'b' }, length: 3n },
      { op: 'scan', address: at, length: PAGE, bytes: Uint8Array.of(1, 2) },
      { op: 'store', address: { slot: 'b' }, length: 1n, bytes: Uint8Array.of(1) },
      { op: 'load', address: at, length: 8n, offset: PAGE - 4n },
      { op: 'load', address: 0n, length: 1n },
      { op: 'mprotect', address: { slot: 'b' }, length: PAGE, protection: 3n },
      { op: 'munmap', address: at, length: PAGE },
      { op: 'munmap', address: { slot: 'b' }, length: 2n * PAGE },
    ]),
  );
  const [, , , load, scan, readOnly, past, nowhere, upgrade] = history.threads[0] ?? [];
  t.strictSame(load?.out, Uint8Array.of(1, 2, 1));
  t.equal(scan?.value, PAGE);
  t.match(readOnly, { outcome: 'faulted', signal: 'SIGSEGV', faultOffset: 0n });
  t.match(past, { outcome: 'faulted', signal: 'SIGBUS', faultOffset: PAGE });
  t.match(nowhere, { outcome: 'faulted', signal: 'SIGSEGV' });
  t.equal(upgrade?.errno, 'EACCES');
  t.equal(released, 1, 'one mapping is gone, of the other a page is left');
  await session.close();
  t.equal(released, 2);
});

t.test('an mmap of addresses leaves memory to the author', async (t) => {
  const session = await target({ mmap: () => 0x1000n });
  const history = await session.run(
    inMain([
      { op: 'mmap', length: PAGE, protection: 1n, flags: 1n, fd: 3n, slot: 'a' },
      { op: 'load', address: { slot: 'a' }, length: 1n },
    ]),
  );
  t.match(history.threads[0], [{ value: 0x1000n }, { outcome: 'unsupported' }]);
});

t.test('an argument is placed, and what is written around it is seen', async (t) => {
  const session = await target({
    ioctl: (_process, { argument }) =>
      argument.copyIn(4) !== undefined && argument.copyOut(new Uint8Array(8)) ? 0 : 'EFAULT',
  });
  const ioctl = { op: 'ioctl', fd: 3n, request: 1n } as const;
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const history = await session.run(
    inMain([
      { ...ioctl, argument: { bytes } },
      { ...ioctl, argument: { bytes, placement: { kind: 'null' } } },
    ]),
  );
  t.match(history.threads[0]?.[0], { value: 0n, redZone: ['after'], out: new Uint8Array(4) });
  t.match(history.threads[0]?.[1], { errno: 'EFAULT' });
});

t.test('a child inherits, ends by itself, and its end is told', async (t) => {
  const ended: number[] = [];
  const session = await target(
    { open, close },
    { end: ({ files }: Process) => ended.push(files.numbers.length) },
  );
  ended.length = 0; // The first main made way for the one of this case.
  await session.run(inMain([opening, { op: 'fork', client: 'child' }]));
  const history = await session.run({
    threads: [
      {
        client: 'child',
        operations: [{ op: 'close', fd: 3n }, { op: 'exit', status: 7n }, opening],
      },
      { client: 'main', operations: [{ op: 'wait', client: 'child' }] },
    ],
    deadlineMs: 1000,
  });
  t.match(history.threads[0], [{ value: 0n }, { value: 0n }, { outcome: 'not-run' }]);
  t.equal(history.threads[1]?.[0]?.value, 7n << 8n);
  t.strictSame(history.deaths, [{ client: 'child', status: 7, reason: 'own' }]);
  t.strictSame(ended, [3], 'what it had not closed');
});

t.test('threads take turns, and the deadline ends those that wait', async (t) => {
  const order: number[] = [];
  const session = await target({
    close: (_process, { fd }) => {
      order.push(fd);
      return 0;
    },
  });
  const closing = (...numbers: bigint[]) => numbers.map((fd) => ({ op: 'close', fd }) as const);
  const history = await session.run({
    threads: [
      { client: 'main', operations: closing(1n, 2n) },
      { client: 'main', operations: [...closing(11n, 12n), { op: 'barrier', parties: 2n }] },
    ],
    deadlineMs: 1000,
  });
  t.strictSame(order, [1, 11, 2, 12]);
  t.equal(history.deadlineHit, true);
  t.equal(history.threads[1]?.[2]?.outcome, 'lost');
  t.match(history.deaths, [{ client: 'main', signal: 'SIGKILL', reason: 'deadline' }]);
});

t.test('a function that throws is a crash of the target, with its place', async (t) => {
  const session = await target({
    open: () => {
      throw new TypeError('no such thing');
    },
  });
  await t.rejects(session.run(inMain([opening])), {
    name: 'TargetDeath',
    manner: 'crash',
    message: /^the function open threw: no such thing at functions\.test\.(ts|js):\d+$/,
  });
});

t.test('a function that returns nonsense is a failure of the adapter', async (t) => {
  const session = await target({
    close: () => undefined as unknown as number,
    dup: () => 'EWRONG' as 'EBADF',
    lseek: () => ({ value: 1.5 }),
    fstat: () => ({ value: [] as unknown as number }),
  });
  for (const [operation, said] of [
    [{ op: 'close', fd: 1n }, /^close returned undefined; .* must return a whole number/],
    [{ op: 'dup', fd: 1n }, 'dup returned "EWRONG", which is not an errno that allocert knows'],
    [{ op: 'lseek', fd: 1n, offset: 0n, whence: 0n }, /^lseek returned 1\.5; /],
    [{ op: 'fstat', fd: 1n }, /^fstat returned a value of type object; /],
  ] as const) {
    await session.begin('next');
    await t.rejects(session.run(inMain([operation])), { exitCode: 3, message: said });
  }
});

t.test('every session and every case starts with nothing', async (t) => {
  const session = await target({ open });
  await session.run(inMain([opening]));
  await session.begin('next');
  const history = await session.run(inMain([opening]));
  t.equal(history.threads[0]?.[0]?.value, 3n);
  await session.begin('third');
  const stale = session.run(inMain([{ op: 'close', fd: { slot: 'fd' } }]));
  await t.rejects(stale, { exitCode: 2, message: /slot fd is used before/ });
});
