import t from 'tap';
import { type Result, wordOf } from '../../../adapters/contract/history.ts';
import { linux } from '../../../adapters/contract/index.ts';
import type { Operation, Placement } from '../../../adapters/contract/program.ts';
import { AgentProcess, WRITE_ONLY_SKIP } from './agent-process.ts';

/** FIONREAD: on a regular file, the bytes from its position to its end, as an int. */
const FIONREAD = 0x541bn;
const LENGTH = 4660;
/** Calls in which threads of one process surely meet: one in 60,000 did. */
const TIMES = 200_000n;

/** One call whose argument has `bytes` bytes of 0xee. */
const call = (bytes: number, placement?: Placement): Operation => ({
  op: 'ioctl',
  fd: { slot: 'file' },
  request: FIONREAD,
  argument: { bytes: new Uint8Array(bytes).fill(0xee), ...(placement ? { placement } : {}) },
});

t.test('ioctl', async (t) => {
  const agent = await AgentProcess.ready();
  t.teardown(() => agent.stop());
  await agent.run([{ op: 'memfd', length: BigInt(LENGTH), slot: 'file' }]);
  const one = async (bytes: number, placement?: Placement): Promise<Result> => {
    const [result] = await agent.run([call(bytes, placement)]);
    if (result === undefined) throw new Error('the Program has one operation');
    return result;
  };
  const number = (result: Result): number => Buffer.from(result.out).readInt32LE(0);

  t.test('plain: the bytes come back, and nothing around them changed', async (t) => {
    const result = await one(8);
    t.equal(wordOf(result), 'ok');
    t.equal(number(result), LENGTH);
    t.strictSame([...result.out.subarray(4)], [0xee, 0xee, 0xee, 0xee]);
    t.equal(result.redZone, undefined);
  });

  t.test('a call that writes more than the argument is told', async (t) => {
    t.strictSame((await one(2)).redZone, ['after']);
    t.strictSame((await one(2, { kind: 'unaligned', by: 3 })).redZone, ['after']);
    t.strictSame((await one(0)).redZone, ['after']);
    const end = { kind: 'page-end', distance: 2, neighbour: 'none' } as const;
    t.strictSame((await one(2, end)).redZone, ['after']);
  });

  t.test('memory that cannot be written is EFAULT', async (t) => {
    for (const kind of ['null', 'unmapped', 'kernel'] as const) {
      const result = await one(4, { kind });
      t.equal(wordOf(result), 'EFAULT', kind);
      t.equal(result.out.length, 0, `${kind} has no bytes to show`);
    }
    for (const protection of ['none', 'read-only'] as const) {
      const result = await one(4, { kind: 'page', protection });
      t.equal(wordOf(result), 'EFAULT', protection);
      t.strictSame([...result.out], [0xee, 0xee, 0xee, 0xee]);
    }
  });

  t.test('a page that can only be written is written', { skip: WRITE_ONLY_SKIP }, async (t) => {
    t.equal(number(await one(4, { kind: 'page', protection: 'write-only' })), LENGTH);
    const over = await one(4, { kind: 'page-end', distance: -2, neighbour: 'write-only' });
    t.equal(number(over), LENGTH);
  });

  t.test('page-end: inside, and over the end into each kind of neighbour', async (t) => {
    for (const neighbour of ['unmapped', 'none', 'read-only'] as const) {
      const fits = await one(4, { kind: 'page-end', distance: 0, neighbour });
      t.equal(number(fits), LENGTH, neighbour);
      const over = await one(4, { kind: 'page-end', distance: -2, neighbour });
      t.equal(wordOf(over), 'EFAULT', neighbour);
      t.equal(over.out.length, 4);
    }
  });

  t.test('flipped: a field changes while the call runs', async (t) => {
    const placement = { kind: 'flipped', offset: 4, width: 4, value: 1n } as const;
    const result = await one(8, placement);
    t.equal(number(result), LENGTH);
    t.ok([1, -286331154].includes(Buffer.from(result.out).readInt32LE(4)));
    t.equal(wordOf(await one(8, { ...placement, offset: 6 })), 'unsupported');
  });

  t.test('16 KiB are carried, more are not', async (t) => {
    t.equal((await one(16_384)).out.length, 16_384);
    t.equal((await one(16_384, { kind: 'page', protection: 'write-only' })).out.length, 16_384);
    t.equal(wordOf(await one(16_385)), 'unsupported');
  });

  t.test('many calls with a neighbour unmapped leave the client whole', async (t) => {
    const body = [call(4, { kind: 'page-end', distance: 0, neighbour: 'unmapped' })];
    const results = await agent.run([{ op: 'repeat', times: 2000n, stop: 'failure', body }]);
    t.equal(results[0]?.value, 2000n);
    t.strictSame(results[0]?.steps?.[0]?.anomalies, []);
  });

  t.test('nothing that another thread maps becomes the missing neighbour', async (t) => {
    const over = { kind: 'page-end', distance: -2, neighbour: 'unmapped' } as const;
    const repeat = (body: readonly Operation[]): Operation => ({
      ...{ op: 'repeat', times: TIMES, stop: 'never' },
      body,
    });
    const mapping: readonly Operation[] = [
      {
        ...{ op: 'mmap', fd: { slot: 'file' }, length: 4096n, offset: 0n, slot: 'there' },
        ...{ protection: BigInt(linux.PROT_READ | linux.PROT_WRITE), flags: linux.MAP_SHARED },
      },
      { op: 'munmap', address: { slot: 'there' }, length: 4096n },
    ];
    const history = await agent.program({
      threads: [[call(4, over)], mapping].map((body) => ({
        client: 'main',
        operations: [repeat(body)],
      })),
      ...{ deadlineMs: 60_000, seed: 1n },
    });
    const [refused] = history.threads[0]?.[0]?.steps ?? [];
    t.strictSame(refused?.failures, { EFAULT: TIMES });
    t.equal(history.threads[1]?.[0]?.steps?.[0]?.succeeded, TIMES);
  });

  t.end();
});
