/** The simulator in parallel mode: the lock, and what a packed Program comes to. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { ERRNO } from '../../../../adapters/contract/errno.ts';
import {
  FIRST_DESCRIPTOR,
  HEAD,
  NOT_RUN,
  PACKED,
  type PackedClient,
  type PackedTarget,
  RESULT_WORDS,
} from '../../../../adapters/contract/packed.ts';
import { openSimulator } from '../../../../adapters/simulator/adapter.ts';
import { SharedLock } from '../../../../adapters/simulator/parallel/shared-lock.ts';

const { allocate, check, close, duplicate, stamp } = PACKED;
const LOCK = 64;
const COUNTER = 80;

const shared = (words: number): Int32Array => new Int32Array(new SharedArrayBuffer(words * 4));

t.test('the lock lets one thread in at a time', async (t) => {
  const memory = shared(96);
  const times = 100_000;
  const module = new URL('./lock-worker.js', import.meta.url);
  const workerData = { memory, at: LOCK, counter: COUNTER, times };
  const threads = [0, 1].map(() => new Worker(module, { workerData }));
  await Promise.all(threads.map((thread) => once(thread, 'exit')));
  t.equal(memory[COUNTER], 2 * times);
  t.equal(memory[LOCK], 0, 'nobody has it');
});

t.test('nobody waits for a thread that is gone', async (t) => {
  const memory = shared(96);
  new SharedLock(memory, LOCK).take();
  Atomics.store(memory, HEAD.aborted, 1);
  t.throws(() => new SharedLock(memory, LOCK).take(), /the round was aborted/);
});

interface Machine {
  readonly target: PackedTarget;
  readonly memory: Int32Array;
}

function machine(url: string): Machine {
  const target = openSimulator(url).packed;
  if (target === undefined) throw new Error(`${url} has no parallel mode`);
  const memory = shared(target.words);
  target.format(memory);
  return { target, memory };
}

type Row = readonly [errno: number, value: number, page: number];

function ran(client: PackedClient, ...operations: readonly (readonly number[])[]): Row[] {
  const history = new Int32Array(operations.length * RESULT_WORDS);
  client.run(Int32Array.from(operations.flat()), history);
  return operations.map((_, index) => {
    const row = history.subarray(index * RESULT_WORDS);
    return [row[0] ?? -2, row[1] ?? -2, row[2] ?? -2];
  });
}

t.test('a packed Program comes to what its system calls come to', async (t) => {
  const { target, memory } = machine('sim:');
  const client = target.join(memory);
  const lowest = FIRST_DESCRIPTOR;
  const rows = ran(
    client,
    [allocate, 0, 3],
    [allocate, 1, 2],
    [check, 0, 0],
    [stamp, 0, 77],
    [check, 0, 77],
    [check, 0, 78],
    [duplicate, 0, 2],
    [close, 0, 0],
    [check, 2, 77],
    [check, 0, 77],
    [allocate, 3, target.pages + 1],
    [stamp, 3, 1],
    [allocate, 3, 1],
  );
  t.strictSame(rows, [
    [0, lowest, 0],
    [0, lowest + 1, 4],
    [0, 0, -1],
    [0, 0, -1],
    [0, 0, -1],
    [0, 77, 0],
    [0, lowest + 2, -1],
    [0, 0, -1],
    [0, 0, -1],
    [NOT_RUN, 0, 0],
    [ERRNO.ENOMEM, 0, -1],
    [NOT_RUN, 0, 0],
    [0, lowest, 3],
  ]);
  t.equal(client.freePages, target.pages - 3 - 2 - 1);
  t.strictSame(client.complaints(), []);
});

t.test('clients share pages and nothing else', async (t) => {
  const { target, memory } = machine('sim:');
  const [one, other] = [target.join(memory), target.join(memory)];
  t.strictSame(ran(one, [allocate, 0, 1]), [[0, FIRST_DESCRIPTOR, 0]]);
  t.strictSame(ran(other, [allocate, 0, 1]), [[0, FIRST_DESCRIPTOR, 1]]);
  t.equal(one.freePages, target.pages - 2);
});

t.test('pages of nobody hold what was in them, until they are cleared', async (t) => {
  for (const [url, seen] of [
    ['sim:', [0, 0, -1]],
    ['sim:?defect=no-zeroing', [0, Math.imul(0x80, 0x01010101), 0]],
  ] as const) {
    const { target, memory } = machine(url);
    t.strictSame(ran(target.join(memory), [allocate, 0, 2], [check, 0, 0])[1], seen, url);
  }
});

t.test('a target whose bugs would not show there has no parallel mode', async (t) => {
  for (const query of ['defect=leak-at-munmap', 'transient=9', 'behaviour=rfc-v2']) {
    t.equal(openSimulator(`sim:?${query}`).packed, undefined, query);
  }
});
