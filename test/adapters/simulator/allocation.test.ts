import t from 'tap';
import { linux, type Operation, type Placement } from '../../../adapters/contract/index.ts';
import { allocation, descriptorIn, lengthOf, Machine, PAGE, request } from './machine.ts';

const ZERO = Uint8Array.of(0);

t.test('a valid request gets rounded, zeroed memory and changes nothing else', async (t) => {
  const machine = await Machine.start();
  const buffer = await machine.allocate({ length: PAGE + 1n, fd: -7n });
  t.equal(lengthOf(buffer.out), 2n * PAGE);
  t.same(buffer.out, request({ length: 2n * PAGE, fd: 4n }));
  const mapping = await machine.map(buffer, 2n * PAGE);
  const scan = await machine.main.scan({ address: mapping, length: 2n * PAGE, bytes: ZERO });
  t.equal(scan.value, 2n * PAGE);
});

t.test('invalid requests are refused and leave the argument as it was', async (t) => {
  const machine = await Machine.start();
  const free = await machine.free();
  const refused: readonly [object, string][] = [
    [{ version: 1n }, 'EINVAL'],
    [{ version: 1n << 63n }, 'EINVAL'],
    [{ reserved1: 1n }, 'EINVAL'],
    [{ reserved2: 1n }, 'EINVAL'],
    [{ flags: linux.O_NONBLOCK }, 'EINVAL'],
    [{ flags: 3n }, 'EINVAL'],
    [{ length: 0n }, 'EINVAL'],
    [{ length: (1n << 64n) - 1n }, 'EINVAL'],
    [{ length: (1n << 64n) - PAGE }, 'ENOMEM'],
    [{ length: (1n << 32n) + PAGE }, 'ENOMEM'],
    [{ length: free + 1n }, 'ENOMEM'],
  ];
  for (const [wanted, word] of refused) {
    const reply = await machine.allocate(wanted);
    t.equal(reply.word, word);
    t.same(reply.out, request(wanted));
  }
  t.equal((await machine.allocate({}, { request: 0xc0205301n })).word, 'ENOTTY');
  t.equal((await machine.allocate({}, { request: (1n << 40n) | 0xc0205300n })).word, 'ok');
});

t.test('placements fault as memory does, and a fault leaves nothing behind', async (t) => {
  const machine = await Machine.start();
  const free = await machine.free();
  const pageEnd = (distance: number, neighbour: 'unmapped' | 'read-only'): Placement => ({
    kind: 'page-end',
    distance,
    neighbour,
  });
  const words: readonly [Placement, string][] = [
    [{ kind: 'null' }, 'EFAULT'],
    [{ kind: 'unmapped' }, 'EFAULT'],
    [{ kind: 'kernel' }, 'EFAULT'],
    [{ kind: 'page', protection: 'none' }, 'EFAULT'],
    [{ kind: 'page', protection: 'read-only' }, 'EFAULT'],
    [pageEnd(-1, 'unmapped'), 'EFAULT'],
    [pageEnd(-31, 'read-only'), 'EFAULT'],
    [pageEnd(0, 'unmapped'), 'ok'],
    [pageEnd(8, 'unmapped'), 'ok'],
    [{ kind: 'unaligned', by: 3 }, 'ok'],
    [{ kind: 'unaligned', by: 4096 }, 'unsupported'],
  ];
  for (const [placement, word] of words) {
    const reply = await machine.allocate({}, { placement });
    t.equal(reply.word, word, JSON.stringify(placement));
    t.equal(reply.result.redZone, undefined);
    if (reply.ok) await machine.close(reply);
    t.same(await machine.descriptors(), [0, 1, 2, 3], JSON.stringify(placement));
    t.equal(await machine.free(), free, JSON.stringify(placement));
  }
  const short = await machine.allocate({}, { bytes: request().slice(0, 16) });
  t.equal(short.word, 'EINVAL', 'what follows a short argument is no valid request');
});

t.test('a copy that faults half way has written the first half', async (t) => {
  const machine = await Machine.start();
  const placement: Placement = { kind: 'page-end', distance: -8, neighbour: 'read-only' };
  const reply = await machine.allocate({ length: 1n }, { placement });
  t.equal(reply.word, 'EFAULT');
  t.equal(lengthOf(reply.out), PAGE);
  t.same(reply.out.slice(24), request().slice(24));
});

t.test('an exhausted region says ENOMEM, and one free makes room for one', async (t) => {
  const machine = await Machine.start('sim:?region=256KiB&regions=1');
  const fill: Operation = {
    op: 'repeat',
    times: 1000n,
    stop: 'failure',
    body: [allocation('b[i]', { length: 4n * PAGE })],
  };
  const open: Operation = { op: 'open', slot: 'device', file: 'region:0', flags: 2n };
  const [, filled] = (await machine.run([open, fill])).threads[0] ?? [];
  t.equal(filled?.value, 16n);
  t.same(filled?.steps?.[0]?.failures, { ENOMEM: 1n });
  t.equal(await machine.free(), 0n);
  await machine.run([{ op: 'close', fd: descriptorIn('b[7]') }]);
  t.equal((await machine.allocate({ length: 5n * PAGE })).word, 'ENOMEM');
  t.ok((await machine.allocate({ length: 4n * PAGE })).ok);
  await machine.run([
    { op: 'close', fd: descriptorIn('b[2]') },
    { op: 'close', fd: descriptorIn('b[3]') },
  ]);
  t.ok((await machine.allocate({ length: 8n * PAGE })).ok, 'neighbours coalesce');
});

t.test('the region outlives a case, and so do stale contents', async (t) => {
  const machine = await Machine.start('sim:?behaviour=rfc-v2&region=16KiB&regions=1');
  const mapping = await machine.map(await machine.allocate());
  await machine.main.store({ address: mapping, length: PAGE, bytes: Uint8Array.of(0x5a) });
  await machine.session.begin('next');
  const device = await machine.main.open({ file: 'region:0', flags: 2n });
  t.equal(await machine.free(), 16_384n);
  const again = await machine.map(await machine.allocate({}, { device }));
  const bytes = Uint8Array.of(0x5a);
  const scan = await machine.main.scan({ address: again, length: PAGE, bytes });
  t.equal(scan.value, PAGE);
});
