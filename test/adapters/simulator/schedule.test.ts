/** Schedules: the seed decides, PCT runs by priority, and more depth means more changes of mind. */
import t from 'tap';
import type { History, Operation } from '../../../adapters/contract/index.ts';
import { Random } from '../../../adapters/interpreter/random.ts';
import { PctScheduler } from '../../../adapters/interpreter/scheduler.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { RIGHT } from '../../../adapters/simulator/defects/parts.ts';
import { SimulatedMachine } from '../../../adapters/simulator/machine.ts';
import { parseSimulatorUrl } from '../../../adapters/simulator/options.ts';

const THREADS = [0, 1, 2];
const CANDIDATES = THREADS.map((index) => ({ index, point: 'call' }));
const SEEDS = Array.from({ length: 32 }, (_, seed) => BigInt(seed));

/** Which thread ran at each of many steps, when all of them always can. */
const turns = (seed: bigint, depth: number): number[] => {
  const scheduler = new PctScheduler(new Random(seed), depth);
  return Array.from({ length: 1024 }, () => scheduler.choose(CANDIDATES));
};

/** How often another thread went on than the one before. */
const switches = (order: readonly number[]): number =>
  order.filter((thread, step) => step > 0 && thread !== order[step - 1]).length;

t.test('with depth 1 the thread of the highest priority runs to its end', async (t) => {
  const first = SEEDS.map((seed) => turns(seed, 1));
  t.ok(first.every((order) => switches(order) === 0));
  t.strictSame([...new Set(first.map(([thread]) => thread))].toSorted(), THREADS);
});

t.test('depth d changes at most d-1 times, and sometimes as often', async (t) => {
  for (const depth of [2, 3, 4]) {
    const counts = SEEDS.map((seed) => switches(turns(seed, depth)));
    t.equal(Math.max(...counts), depth - 1, `depth ${depth}`);
  }
});

t.test('the same seed gives the same turns, another seed others', async (t) => {
  t.strictSame(turns(7n, 3), turns(7n, 3));
  t.ok(new Set(SEEDS.map((seed) => turns(seed, 3).join())).size > 8);
});

t.test('"both" takes the one or the other as the seed has it', async (t) => {
  const machine = new SimulatedMachine(parseSimulatorUrl('sim:?schedule=both'), RIGHT);
  const kinds = SEEDS.map((seed) => {
    const scheduler = machine.scheduler(new Random(seed));
    return scheduler instanceof PctScheduler;
  });
  t.ok(kinds.includes(true) && kinds.includes(false));
});

const STEP: Operation = { op: 'descriptors' };

async function raced(url: string): Promise<History> {
  const session = await openSimulator(url).open();
  const threads = THREADS.map(() => ({ client: 'main', operations: [STEP, STEP, STEP, STEP] }));
  return session.run({ deadlineMs: 1000, seed: 5n, threads });
}

t.test('each schedule gives the same History for the same seed', async (t) => {
  for (const schedule of ['random', 'pct', 'both']) {
    const url = `sim:?schedule=${schedule}`;
    t.same(await raced(url), await raced(url), schedule);
  }
  t.notSame(await raced('sim:?schedule=random'), await raced('sim:?schedule=pct'));
});

t.test('by pct with depth 1, threads that wait for nothing do not overlap', async (t) => {
  const { threads } = await raced('sim:?schedule=pct&depth=1');
  const spans = threads.map((results) => [results[0]?.call ?? 0n, results.at(-1)?.return ?? 0n]);
  const inOrder = spans.toSorted(([a = 0n], [b = 0n]) => (a < b ? -1 : 1)).flat();
  t.strictSame(
    inOrder,
    inOrder.toSorted((a, b) => (a < b ? -1 : 1)),
  );
});
