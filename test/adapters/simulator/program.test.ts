import t from 'tap';
import type { History, Operation, Program } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { ALLOC, allocation, descriptorIn, lengthOf, Machine, PAGE, request } from './machine.ts';

const OPEN: Operation = { op: 'open', slot: 'device', file: 'region:0', flags: 2n };

t.test('repeat counts, compares and stops', async (t) => {
  const machine = await Machine.start('sim:?region=64KiB');
  const history = await machine.run([
    OPEN,
    {
      op: 'repeat',
      slot: 'held',
      times: 20n,
      stop: 'never',
      body: [allocation('b[i]', { fd: -1n })],
    },
    {
      op: 'repeat',
      times: 20n,
      stop: 'failure',
      body: [{ op: 'close', fd: descriptorIn('b[i]') }],
    },
    {
      op: 'repeat',
      times: 20n,
      stop: 'success',
      body: [{ op: 'close', fd: 99n }, allocation('late')],
    },
  ]);
  const [, fill, drop, first] = history.threads[0] ?? [];
  t.equal(fill?.value, 20n);
  t.match(fill?.steps?.[0], { succeeded: 16n, failed: 4n, failures: { ENOMEM: 4n } });
  t.same(
    fill?.steps?.[0]?.anomalies.map(({ iteration }) => iteration),
    [16n, 17n, 18n, 19n],
  );
  t.equal(drop?.value, 16n, 'the failing iteration is not counted');
  t.equal(drop?.steps?.[0]?.last.errno, 'EBADF');
  t.equal(first?.value, 1n, 'the first success ends it and counts');
  t.equal(first?.steps?.[0]?.failures.EBADF, 1n);
});

t.test('nested repeats flatten their steps and index by the inner iteration', async (t) => {
  const machine = await Machine.start();
  const inner: Operation = {
    op: 'repeat',
    times: 3n,
    stop: 'never',
    body: [{ op: 'dup', slot: 'd[i]', fd: 0n }],
  };
  const close = (index: number): Operation => ({ op: 'close', fd: { slot: `d[${index}]` } });
  const body = [inner, close(0), close(1), close(2)];
  const repeat: Operation = { op: 'repeat', times: 5n, stop: 'never', body };
  const result = (await machine.run([repeat])).threads[0]?.[0];
  t.same(
    result?.steps?.map((step) => step.succeeded),
    [5n, 15n, 5n, 5n, 5n],
  );
  t.same(await machine.descriptors(), [0, 1, 2, 3]);
});

t.test('a hundred thousand cycles are one quick operation', async (t) => {
  const machine = await Machine.start();
  const body: Operation[] = [allocation('b'), { op: 'close', fd: descriptorIn('b') }];
  const started = process.cpuUsage();
  const history = await machine.run([
    OPEN,
    { op: 'repeat', times: 100_000n, stop: 'failure', body },
  ]);
  t.equal(history.threads[0]?.[1]?.value, 100_000n);
  // Of the processor, in microseconds: others may use it meanwhile.
  const { system, user } = process.cpuUsage(started);
  t.ok(user + system < 10_000_000);
});

t.test('slots outlive a Program but not a case', async (t) => {
  const machine = await Machine.start();
  await machine.run([OPEN, { op: 'dup', slot: 'kept', fd: 0n }]);
  t.match(await machine.run([{ op: 'close', fd: { slot: 'kept' } }]), {
    threads: [[{ outcome: 'returned', value: 0n }]],
  });
  await machine.session.begin('next');
  await t.rejects(machine.run([{ op: 'close', fd: { slot: 'kept' } }]), {
    message: /used before any operation/,
  });
  t.same(await machine.descriptors(), [0, 1, 2]);
});

const race = (seed: bigint): Program => ({
  deadlineMs: 1000,
  seed,
  threads: ['one', 'two'].map((name) => ({
    client: 'main',
    operations: [
      { op: 'barrier', parties: 2n },
      allocation(name),
      { op: 'mmap', length: PAGE, protection: 3n, flags: 1n, fd: descriptorIn(name) },
      { op: 'close', fd: descriptorIn(name) },
    ],
  })),
});

async function raced(seed: bigint, url = 'sim:'): Promise<History> {
  const session = await openSimulator(url).open();
  await session.run({ deadlineMs: 1000, threads: [{ client: 'main', operations: [OPEN] }] });
  return session.run(race(seed));
}

t.test('the same seed gives the same History, another seed another order', async (t) => {
  const orders = new Set<string>();
  for (let seed = 0n; seed < 16n; seed += 1n) {
    const history = await raced(seed);
    t.same(history, await raced(seed));
    const numbers = history.threads.map((results) => results[1]?.out[24]);
    orders.add(numbers.join());
  }
  t.ok(orders.has('4,5') && orders.has('5,4'), 'either thread can be first');
});

t.test('calls of two threads overlap', async (t) => {
  const [one, two] = (await raced(1n)).threads;
  const overlaps = (one ?? []).flatMap((a) =>
    (two ?? []).filter((b) => a.call < (b.return ?? 0n) && b.call < (a.return ?? 0n)),
  );
  t.ok(overlaps.length > 0);
});

t.test('a length that another thread flips is read once', async (t) => {
  const lengths = async (url: string): Promise<Set<bigint>> => {
    const seen = new Set<bigint>();
    for (let seed = 0n; seed < 8n; seed += 1n) {
      const session = await openSimulator(`${url}seed=${seed}`).open();
      const argument = {
        bytes: request(),
        placement: { kind: 'flipped', offset: 8, width: 8, value: 0n },
      } as const;
      const flipped: Operation = { op: 'ioctl', fd: { slot: 'device' }, request: ALLOC, argument };
      const program = {
        deadlineMs: 1000,
        threads: [{ client: 'main', operations: [OPEN, flipped] }],
      };
      const result = (await session.run(program)).threads[0]?.[1];
      seen.add(result?.errno === undefined ? lengthOf(result?.out ?? new Uint8Array(16)) : -1n);
    }
    return seen;
  };
  t.ok((await lengths('sim:?')).has(-1n), 'the value of the other thread is refused');
  t.ok((await lengths('sim:?')).size > 1, 'the original is accepted');
});

t.test('a Program that does not end is ended', async (t) => {
  const machine = await Machine.start();
  await machine.main.fork({ client: 'child' });
  const wait = { client: 'main', operations: [{ op: 'wait', client: 'child' }] } as const;
  const sleep = { client: 'child', operations: [{ op: 'sleep', microseconds: 500n }] } as const;
  const history = await machine.session.run({ deadlineMs: 5, threads: [wait, sleep] });
  t.match(history, {
    deadlineHit: true,
    deaths: [{ client: 'main', signal: 'SIGKILL', reason: 'deadline' }],
    threads: [[{ outcome: 'lost', value: -1n }], [{ outcome: 'returned', value: 0n }]],
  });
  t.equal((await machine.main.dup({ fd: 0n })).word, 'not-run');
  await machine.session.begin('next');
  t.equal((await machine.main.dup({ fd: 0n })).word, 'ok');
});

t.test('an endless loop meets its deadline too', async (t) => {
  const machine = await Machine.start();
  const body: Operation[] = [{ op: 'fstat', fd: 0n }];
  const operations: Operation[] = [{ op: 'repeat', times: 1n << 60n, stop: 'never', body }];
  const threads = [{ client: 'main', operations }];
  const history = await machine.session.run({ deadlineMs: 10, threads });
  t.equal(history.deadlineHit, true);
  t.equal(history.threads[0]?.[0]?.outcome, 'lost');
});

t.test('sleep takes virtual time, and a timer interrupts it', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  const slept = await main.sleep({ microseconds: 1000n });
  t.ok((slept.result.return ?? 0n) - slept.result.call >= 1_000_000n);
  await main.itimer({ intervalUs: 100n });
  t.equal((await main.sleep({ microseconds: 1000n })).word, 'EINTR');
  await main.itimer({ intervalUs: 0n });
  t.equal((await main.sleep({ microseconds: 1000n })).word, 'ok');
  const pair = await main.socketpair({});
  const polled = await main.poll({ fd: pair.field(0, 4, true), events: 1n, timeoutMs: 3n });
  t.equal(polled.value, 0n);
  t.ok((polled.result.return ?? 0n) - polled.result.call >= 3_000_000n);
});

t.test('a client killed during a call loses its result, and its memory comes back', async (t) => {
  const machine = await Machine.start();
  const free = await machine.free();
  await machine.main.fork({ client: 'child' });
  const device = { slot: machine.device.slot };
  const words = new Set<string>();
  for (let seed = 0n; seed < 64n; seed += 1n) {
    const history = await machine.session.run({
      deadlineMs: 1000,
      seed,
      threads: [
        { client: 'child', operations: [allocation('b', {}, device.slot)] },
        {
          client: 'main',
          operations: [
            { op: 'repeat', times: 2n, stop: 'never', body: [{ op: 'fstat', fd: 0n }] },
            { op: 'kill', client: 'child', signal: 9n },
          ],
        },
      ],
    });
    words.add(history.threads[0]?.[0]?.outcome ?? '');
    t.equal(await machine.free(), free);
    t.ok((await machine.main.wait({ client: 'child' })).ok);
    await machine.main.fork({ client: 'child' });
  }
  t.same([...words].sort(), ['lost', 'not-run', 'returned']);
});
