import t from 'tap';
import { linux } from '../../../adapters/contract/index.ts';
import { descriptorIn, Machine, PAGE } from './machine.ts';

const { SIGKILL } = linux;
const PATTERN = Uint8Array.of(0x5a);

/** How many bytes are taken of what was free at first. */
const taken = async (machine: Machine, free: bigint): Promise<bigint> =>
  free - (await machine.free());

t.test('the last of descriptor, duplicate and mapping frees', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const free = await machine.free();
  const buffer = await machine.allocate({ length: 4n * PAGE });
  const fd = descriptorIn(buffer.slot);
  const copy = await main.dup({ fd });
  const mapping = await machine.map(buffer, 4n * PAGE);
  await machine.close(buffer);
  t.equal(await taken(machine, free), 4n * PAGE);
  await main.close({ fd: copy });
  t.equal(await taken(machine, free), 4n * PAGE, 'the mapping holds it');
  await main.munmap({ address: mapping, length: 2n * PAGE });
  t.equal(await taken(machine, free), 4n * PAGE, 'half of the mapping holds all of it');
  await main.munmap({ address: mapping, offset: 2n * PAGE, length: 2n * PAGE });
  t.equal(await taken(machine, free), 0n);
});

t.test('a forked child has descriptors and shared mappings of its own', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const free = await machine.free();
  const buffer = await machine.allocate();
  const mapping = await machine.map(buffer);
  await main.fork({ client: 'child' });
  const child = machine.client('child');
  await child.store({ address: mapping, length: PAGE, bytes: PATTERN });
  t.equal((await main.scan({ address: mapping, length: PAGE, bytes: PATTERN })).value, PAGE);
  await machine.close(buffer);
  await main.munmap({ address: mapping, length: PAGE });
  t.equal(await taken(machine, free), PAGE);
  await child.close({ fd: descriptorIn(buffer.slot) });
  t.equal(await taken(machine, free), PAGE);
  await main.kill({ client: 'child', signal: SIGKILL });
  t.equal((await main.wait({ client: 'child' })).value, 9n);
  t.equal(await taken(machine, free), 0n);
  t.equal((await child.close({ fd: 0n })).word, 'not-run');
});

t.test('exit frees everything and its status can be waited for', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const free = await machine.free();
  await main.fork({ client: 'child' });
  t.equal((await main.fork({ client: 'child' })).word, 'EEXIST');
  const child = machine.client('child');
  await machine.map(await machine.allocate({}, { client: child }), PAGE, child);
  t.equal(await taken(machine, free), PAGE);
  t.equal((await child.exit({ status: 0x107n })).word, 'ok');
  t.equal(await taken(machine, free), 0n);
  t.equal((await main.wait({ client: 'child' })).value, 0x700n);
  t.equal((await main.wait({ client: 'nobody' })).word, 'ECHILD');
  t.equal((await main.kill({ client: 'child', signal: SIGKILL })).word, 'ESRCH');
});

t.test('exec drops mappings and descriptors with O_CLOEXEC', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const free = await machine.free();
  const closed = await machine.allocate();
  const kept = await machine.allocate({ flags: linux.O_RDWR });
  const mapping = await machine.map(kept);
  t.equal((await main.exec({})).word, 'ok');
  t.same(await machine.descriptors(), [0, 1, 2, 3, 5]);
  t.equal((await machine.close(closed)).word, 'EBADF');
  t.equal((await main.load({ address: mapping, length: 1n })).word, 'SIGSEGV');
  t.equal(await taken(machine, free), PAGE);
});

t.test('a buffer in flight lives until it is received or its socket dies', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const free = await machine.free();
  const pair = await main.socketpair({});
  const [one, other] = [pair.field(0, 4, true), pair.field(4, 4, true)];
  const buffer = await machine.allocate();
  const passed = descriptorIn(buffer.slot);
  t.equal((await main.sendfd({ fd: one, passed })).value, 1n);
  t.equal((await main.sendfd({ fd: one, passed })).value, 1n);
  await machine.close(buffer);
  t.equal(await taken(machine, free), PAGE);
  const received = await main.recvfd({ fd: other, flags: 0x40000000n });
  t.equal((await main.fcntl({ fd: received, command: linux.F_GETFD })).value, 1n);
  t.ok((await main.mmap({ length: PAGE, protection: 3n, flags: 1n, fd: received })).ok);
  await main.exec({});
  t.equal(await taken(machine, free), PAGE, 'the second message still holds it');
  await main.close({ fd: one });
  t.equal(await taken(machine, free), PAGE);
  await main.close({ fd: other });
  t.equal(await taken(machine, free), 0n);
});

t.test('sockets refuse what they cannot do', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const pair = await main.socketpair({});
  const [one, other] = [pair.field(0, 4, true), pair.field(4, 4, true)];
  t.equal((await main.recvfd({ fd: other })).word, 'EAGAIN');
  t.equal((await main.sendfd({ fd: 0n, passed: 1n })).word, 'ENOTSOCK');
  t.equal((await main.sendfd({ fd: one, passed: 99n })).word, 'EBADF');
  for (let sent = 0; sent < 11; sent += 1) await main.sendfd({ fd: one, passed: 0n });
  t.equal((await main.sendfd({ fd: one, passed: 0n })).word, 'EAGAIN');
  await main.setrlimit({ resource: linux.RLIMIT_NOFILE, soft: 6n });
  t.equal((await main.recvfd({ fd: other })).word, 'EMFILE');
  await main.close({ fd: other });
  t.equal((await main.sendfd({ fd: one, passed: 0n })).word, 'ECONNREFUSED');
});

t.test('a socket that was sent over itself keeps nothing for ever', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const pair = await main.socketpair({});
  const [one, other] = [pair.field(0, 4, true), pair.field(4, 4, true)];
  const buffer = await machine.allocate();
  const free = await machine.free();
  await main.sendfd({ fd: one, passed: descriptorIn(buffer.slot) });
  await main.sendfd({ fd: one, passed: other });
  for (const fd of [one, other, descriptorIn(buffer.slot)]) await main.close({ fd });
  t.equal(await machine.free(), free, 'until somebody collects');
  await main.socketpair({});
  t.equal(await machine.free(), free + PAGE);
});
