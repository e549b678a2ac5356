import t from 'tap';
import { linux } from '../../../adapters/contract/index.ts';
import { allocation, lengthOf, Machine, PAGE } from './machine.ts';

const RFC = 'sim:?behaviour=rfc-v2';
const { TAINT_BAD_PAGE } = linux;
const USE_AFTER_FREE = /^BUG: KASAN: use-after-free in /;

t.test('the posted code knows one error and few checks', async (t) => {
  const machine = await Machine.start(RFC);
  t.equal((await machine.allocate({}, { request: 0xc0205301n })).word, 'ENODEV');
  t.equal((await machine.allocate({ version: 1n << 32n })).word, 'EINVAL');
  t.equal((await machine.allocate({ length: 1n << 40n })).word, 'EINVAL');
  t.equal((await machine.allocate({ length: 0n })).word, 'EINVAL');
  t.equal((await machine.allocate({}, { placement: { kind: 'null' } })).word, 'EFAULT');
  const strange = { reserved1: 1n, reserved2: 2n, flags: linux.O_APPEND | linux.O_RDWR };
  const accepted = await machine.allocate({ ...strange, length: 1n });
  t.equal(accepted.word, 'ok');
  t.equal(lengthOf(accepted.out), PAGE);
  t.equal(accepted.out[20], 1, 'reserved fields are echoed');
  t.equal((await machine.allocate({ flags: 3n })).word, 'ok');
  await machine.main.setrlimit({ resource: linux.RLIMIT_NOFILE, soft: 6n });
  const free = await machine.free();
  t.equal((await machine.allocate()).word, 'EINVAL', 'instead of EMFILE');
  t.equal(await machine.free(), free);
});

t.test('it does not clear memory, not even at the first use', async (t) => {
  const machine = await Machine.start(RFC);
  const { main } = machine;
  const mapping = await machine.map(await machine.allocate());
  const fresh = await main.load({ address: mapping, length: PAGE });
  t.ok(fresh.out.every((byte) => byte !== 0));
});

t.test('EFAULT after the descriptor was installed leaves it dangling', async (t) => {
  const machine = await Machine.start(RFC);
  const { main } = machine;
  const free = await machine.free();
  const placement = { kind: 'page', protection: 'read-only' } as const;
  t.equal((await machine.allocate({}, { placement })).word, 'EFAULT');
  t.same(await machine.descriptors(), [0, 1, 2, 3, 4], 'the number stays in the table');
  t.equal(await machine.free(), free, 'the pages are gone from under it');
  t.same(machine.log, []);
  t.equal(machine.taint, 0n);
  for (const use of [
    async () => main.fstat({ fd: 4n }),
    async () => main.mmap({ length: PAGE, protection: 1n, flags: 1n, fd: 4n }),
    async () => main.dup({ fd: 4n }),
    async () => main.fork({ client: 'child' }),
    async () => main.kill({ client: 'child', signal: 9n }),
    async () => main.close({ fd: 4n }),
  ]) {
    machine.log = [];
    await use();
    t.match(machine.log, [USE_AFTER_FREE]);
  }
  t.equal(machine.taint, TAINT_BAD_PAGE);
  t.same(await machine.descriptors(), [0, 1, 2, 3]);
});

t.test('the same request leaves a hardened allocator clean', async (t) => {
  const machine = await Machine.start();
  const placement = { kind: 'page', protection: 'read-only' } as const;
  t.equal((await machine.allocate({}, { placement })).word, 'EFAULT');
  await machine.main.fork({ client: 'child' });
  await machine.main.kill({ client: 'child', signal: 9n });
  t.same(machine.log, []);
  t.equal(machine.taint, 0n);
});

t.test('another thread that closes the new descriptor makes it read freed memory', async (t) => {
  const reports = async (url: string): Promise<number> => {
    const machine = await Machine.start(url);
    const device = machine.device.slot;
    const closer = { op: 'repeat', times: 12n, stop: 'never' } as const;
    let count = 0;
    for (let seed = 0n; seed < 64n; seed += 1n) {
      const history = await machine.session.run({
        deadlineMs: 1000,
        seed,
        threads: [
          { client: 'main', operations: [allocation('raced', {}, device)] },
          { client: 'main', operations: [{ ...closer, body: [{ op: 'close', fd: 4n }] }] },
        ],
      });
      count += history.log.filter((line) => line.endsWith('in sa_ioctl')).length;
      await machine.main.close({ fd: 4n });
    }
    return count;
  };
  t.ok((await reports(RFC)) > 0);
  t.equal(await reports('sim:'), 0);
});
