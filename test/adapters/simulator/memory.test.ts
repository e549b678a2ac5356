import t from 'tap';
import { linux } from '../../../adapters/contract/index.ts';
import { descriptorIn, Machine, PAGE, READ_WRITE } from './machine.ts';

const { MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE } = linux;
const BYTES = Uint8Array.of(1, 2, 3);

t.test('access modes decide what can be mapped', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const words: readonly [bigint, bigint, bigint, string][] = [
    [linux.O_RDWR, READ_WRITE, MAP_SHARED, 'ok'],
    [linux.O_RDONLY, PROT_READ, MAP_SHARED, 'ok'],
    [linux.O_RDONLY, READ_WRITE, MAP_SHARED, 'EACCES'],
    [linux.O_RDONLY, READ_WRITE, MAP_PRIVATE, 'ok'],
    [linux.O_WRONLY, PROT_READ, MAP_SHARED, 'EACCES'],
    [linux.O_WRONLY, PROT_WRITE, MAP_SHARED, 'EACCES'],
    [linux.O_WRONLY, PROT_WRITE, MAP_PRIVATE, 'EACCES'],
  ];
  for (const [mode, protection, flags, word] of words) {
    const fd = descriptorIn((await machine.allocate({ flags: mode })).slot);
    const reply = await main.mmap({ length: PAGE, protection, flags, fd });
    t.equal(reply.word, word, `${mode} ${protection} ${flags}`);
  }
  const fd = descriptorIn((await machine.allocate({ flags: linux.O_RDONLY })).slot);
  const wanted = { length: PAGE, protection: PROT_READ, flags: MAP_SHARED, fd };
  const mapping = await main.mmap(wanted);
  const upgrade = { address: mapping, length: PAGE, protection: READ_WRITE };
  t.equal((await main.mprotect(upgrade)).word, 'EACCES');
  t.equal((await main.store({ address: mapping, length: 1n, bytes: BYTES })).word, 'SIGSEGV');
});

t.test('mmap stays within the buffer', async (t) => {
  const machine = await Machine.start();
  const fd = descriptorIn((await machine.allocate({ length: 2n * PAGE })).slot);
  const map = async (length: bigint, offset: bigint, flags = MAP_SHARED) => {
    const wanted = { length, protection: PROT_READ, flags, fd, offset };
    return (await machine.main.mmap(wanted)).word;
  };
  t.equal(await map(2n * PAGE, 0n), 'ok');
  t.equal(await map(1n, PAGE), 'ok');
  t.equal(await map(2n * PAGE + 1n, 0n), 'EINVAL');
  t.equal(await map(PAGE, 2n * PAGE), 'EINVAL');
  t.equal(await map(PAGE, 1n << 40n), 'EINVAL');
  t.equal(await map(PAGE, 1n), 'EINVAL');
  t.equal(await map(0n, 0n), 'EINVAL');
  t.equal(await map(PAGE, 0n, 0n), 'EINVAL');
  t.equal(await map(1n << 60n, 0n), 'ENOMEM');
  t.equal(await map((1n << 64n) - 1n, 0n), 'ENOMEM');
});

t.test('a page offset shows that page, and patterns go across pages', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const buffer = await machine.allocate({ length: 3n * PAGE });
  const address = await machine.map(buffer, 3n * PAGE);
  await main.store({ address, length: 3n * PAGE, bytes: BYTES });
  t.equal((await main.scan({ address, length: 3n * PAGE, bytes: BYTES })).value, 3n * PAGE);
  const fd = descriptorIn(buffer.slot);
  const wanted = { length: PAGE, protection: PROT_READ, flags: MAP_SHARED, fd, offset: PAGE };
  const second = await main.mmap(wanted);
  t.same((await main.load({ address: second, length: 3n })).out, Uint8Array.of(2, 3, 1));
  await main.store({ address, offset: PAGE + 1n, length: 1n, bytes: Uint8Array.of(9) });
  const scan = await main.scan({ address, length: 3n * PAGE, bytes: BYTES });
  t.equal(scan.value, PAGE + 1n);
  t.equal(scan.out[0], 9);
  t.equal(scan.out.length, 16);
});

t.test('a scan counts the bytes before the first that differs, wherever that is', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const length = 2n * PAGE;
  const address = await machine.map(await machine.allocate({ length }), length);
  const seen = async (...pattern: number[]): Promise<bigint> =>
    (await main.scan({ address, length, bytes: Uint8Array.from(pattern) })).value;
  t.equal(await seen(0, 0), length, 'pages of one byte repeat any pattern of it');
  t.equal(await seen(0, 0, 1), 2n);
  await main.store({ address, length, bytes: BYTES });
  t.equal(await seen(1, 2, 4), 2n, 'what repeats itself repeats no other pattern');
  await main.store({ address, offset: length - 1n, length: 1n, bytes: Uint8Array.of(9) });
  t.equal(await seen(...BYTES), length - 1n);
  const within = { address, offset: 1n, length: PAGE, bytes: Uint8Array.of(2, 3, 1) };
  t.equal((await main.scan(within)).value, PAGE, 'a pattern begins where the scan does');
  t.equal((await main.scan({ ...within, length: 2n, bytes: Uint8Array.of(2, 3, 9, 9) })).value, 2n);
});

t.test('faults say where, and what was before them stays', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const address = await machine.map(await machine.allocate({ length: 4n * PAGE }), 4n * PAGE);
  await main.munmap({ address, offset: 2n * PAGE, length: PAGE });
  const fault = await main.load({ address, offset: 8n, length: 3n * PAGE });
  t.match(fault.result, { outcome: 'faulted', signal: 'SIGSEGV', faultOffset: 2n * PAGE });
  t.ok((await main.load({ address, offset: 3n * PAGE, length: PAGE })).ok, 'beyond the hole');
  await main.mprotect({ address, offset: PAGE, length: PAGE, protection: PROT_READ });
  const store = await main.store({ address, length: 2n * PAGE, bytes: BYTES });
  t.equal(store.result.faultOffset, PAGE);
  t.ok((await main.scan({ address, length: PAGE, bytes: BYTES })).ok);
  const none = { address, length: 0n, protection: 64n };
  t.equal((await main.mprotect(none)).word, 'ok', 'nothing is asked of no bytes');
  t.equal((await main.mprotect({ ...none, length: PAGE })).word, 'EINVAL');
  const wide = { address, length: 4n * PAGE, protection: PROT_READ };
  t.equal((await main.mprotect(wide)).word, 'ENOMEM');
  t.equal((await main.munmap({ address, length: 0n })).word, 'EINVAL');
  t.equal((await main.munmap({ address, offset: 1n, length: PAGE })).word, 'EINVAL');
  t.equal((await main.load({ address: 0n, length: 1n })).word, 'SIGSEGV');
  t.equal((await main.load({ address: -8n, length: 1n })).word, 'SIGSEGV');
});

t.test('advice throws private pages away, and can keep a mapping from children', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const fd = await main.memfd({ length: 2n * PAGE });
  const wanted = { length: 2n * PAGE, protection: READ_WRITE, flags: MAP_PRIVATE, fd };
  const address = await main.mmap(wanted);
  await main.store({ address, length: 2n * PAGE, bytes: Uint8Array.of(7) });
  const second = { address, offset: PAGE, length: PAGE };
  t.equal((await main.madvise({ ...second, advice: linux.MADV_WILLNEED })).word, 'ok');
  t.equal((await main.scan({ ...second, bytes: Uint8Array.of(7) })).value, PAGE);
  t.equal((await main.madvise({ ...second, advice: linux.MADV_DONTNEED })).word, 'ok');
  t.equal((await main.scan({ ...second, bytes: Uint8Array.of(0) })).value, PAGE, 'the file again');
  t.equal((await main.scan({ address, length: PAGE, bytes: Uint8Array.of(7) })).value, PAGE);
  await main.madvise({ ...second, advice: linux.MADV_DONTFORK });
  await main.fork({ client: 'child' });
  const child = machine.client('child');
  t.equal((await child.load({ address, length: 1n })).word, 'ok');
  t.equal((await child.load({ ...second, length: 1n })).word, 'SIGSEGV');
  t.equal((await main.load({ ...second, length: 1n })).word, 'ok');
});

t.test('advice that makes no sense is refused, on a device more of it', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const address = await machine.map(await machine.allocate({ length: 3n * PAGE }), 3n * PAGE);
  const all = { address, length: 3n * PAGE };
  const usual = { advice: linux.MADV_NORMAL };
  t.equal((await main.madvise({ ...all, advice: 999n })).word, 'EINVAL');
  t.equal((await main.madvise({ ...all, offset: 1n, ...usual })).word, 'EINVAL');
  t.equal((await main.madvise({ ...all, length: 0n, ...usual })).word, 'ok');
  t.equal((await main.madvise({ ...all, advice: linux.MADV_DONTNEED })).word, 'EINVAL');
  t.equal((await main.madvise({ ...all, advice: linux.MADV_DOFORK })).word, 'EINVAL');
  await main.munmap({ address, offset: PAGE, length: PAGE });
  t.equal((await main.madvise({ ...all, advice: linux.MADV_DONTFORK })).word, 'ENOMEM');
  await main.fork({ client: 'child' });
  t.equal((await machine.client('child').load({ address, length: 1n })).word, 'SIGSEGV');
});

t.test('a private mapping copies on write', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const buffer = await machine.allocate();
  const shared = await machine.map(buffer);
  const fd = descriptorIn(buffer.slot);
  const wanted = { length: PAGE, protection: READ_WRITE, flags: MAP_PRIVATE, fd };
  const own = await main.mmap(wanted);
  await main.store({ address: own, length: 1n, bytes: Uint8Array.of(7) });
  t.same((await main.load({ address: shared, length: 1n })).out, Uint8Array.of(0));
  await main.fork({ client: 'child' });
  const child = machine.client('child');
  await child.store({ address: own, length: 1n, bytes: Uint8Array.of(8) });
  t.same((await main.load({ address: own, length: 1n })).out, Uint8Array.of(7));
  t.same((await child.load({ address: own, length: 1n })).out, Uint8Array.of(8));
});

t.test('mremap shrinks buffers and never lets them grow; a memfd may', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const address = await machine.map(await machine.allocate({ length: 2n * PAGE }), 2n * PAGE);
  const flags = linux.MREMAP_MAYMOVE;
  const remap = async (at: typeof address, oldLength: bigint, newLength: bigint) =>
    main.mremap({ address: at, oldLength, newLength, flags });
  t.equal((await remap(address, 2n * PAGE, 3n * PAGE)).word, 'EFAULT');
  t.equal((await remap(address, 2n * PAGE, 0n)).word, 'EINVAL');
  t.equal((await remap(address, 2n * PAGE, 1n << 50n)).word, 'EINVAL');
  t.equal((await remap(address, 2n * PAGE, PAGE)).value, address.value);
  const gone = await main.load({ address, offset: PAGE, length: 1n });
  t.equal(gone.word, 'SIGSEGV');
  const fd = await main.memfd({ length: PAGE });
  const wanted = { length: PAGE, protection: READ_WRITE, flags: MAP_SHARED, fd };
  const file = await main.mmap(wanted);
  await main.store({ address: file, length: PAGE, bytes: BYTES });
  const grown = await remap(file, PAGE, 2n * PAGE);
  t.equal((await main.scan({ address: grown, length: PAGE, bytes: BYTES })).value, PAGE);
  t.equal((await main.load({ address: grown, offset: PAGE, length: 1n })).word, 'SIGBUS');
  t.same((await main.pread({ fd, length: 2n, offset: 1n })).out, Uint8Array.of(2, 3));
  await main.pwrite({ fd, bytes: new Uint8Array(0), offset: 2n * PAGE });
  t.equal((await main.lseek({ fd, offset: 0n, whence: linux.SEEK_END })).value, PAGE);
  t.equal((await main.pwrite({ fd, bytes: BYTES, offset: PAGE })).value, 3n);
  t.same((await main.load({ address: grown, offset: PAGE, length: 1n })).out, Uint8Array.of(1));
});

t.test('anonymous memory and /dev/zero are mapped without a region', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const free = await machine.free();
  const wanted = { length: PAGE, protection: READ_WRITE, flags: MAP_PRIVATE };
  const zero = await main.open({ file: '/dev/zero', flags: linux.O_RDWR });
  for (const more of [{ fd: zero }, { fd: -1n, flags: MAP_PRIVATE | 0x20n }]) {
    const address = await main.mmap({ ...wanted, ...more });
    t.equal((await main.scan({ address, length: PAGE, bytes: Uint8Array.of(0) })).value, PAGE);
  }
  t.equal((await main.mmap({ ...wanted, fd: 0n })).word, 'ENODEV');
  t.equal((await main.mmap({ ...wanted, fd: 99n })).word, 'EBADF');
  t.equal(await machine.free(), free);
});
