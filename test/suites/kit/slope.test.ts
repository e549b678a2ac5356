/** What the readings of a gauge say of a leak, from readings that are written down. */
import t from 'tap';
import type { CaseContext } from '../../../suites/kit/context.ts';
import { Inconclusive } from '../../../suites/kit/observation.ts';
import { changeOfGauge } from '../../../suites/kit/slope.ts';

const KIB = 1024;
/** Bytes of memory before anything happens. */
const FREE = 2 ** 33;

interface Machine {
  /** Bytes that are gone after so many cycles. */
  readonly lost: (cycles: number) => number;
  /** The part of them that is in objects of the kernel. */
  readonly inObjects: 0 | 1;
  readonly instruments?: string;
}

/** A context of which nothing but a gauge is asked, and the work that moves it. */
function gauged({ lost, inObjects, instruments }: Machine) {
  let cycles = 0;
  const meminfo = (): string => {
    const gone = lost(cycles);
    const line = (name: string, bytes: number): string =>
      `${name}: ${Math.round(bytes / KIB)} kB\n`;
    const objects = line('Slab', 2 ** 24 + gone * inObjects);
    return line('MemTotal', 2 * FREE) + line('MemFree', FREE - gone) + objects;
  };
  const context = {
    region: { gauge: 'MemFree' },
    facts: {
      capabilities: ['procfs'],
      details: instruments === undefined ? {} : { instruments },
    },
    subject: { readfile: async () => ({ out: new TextEncoder().encode(meminfo()) }) },
  } as unknown as CaseContext;
  const work = async (times: bigint): Promise<void> => {
    cycles += Number(times);
  };
  return { context, work };
}

const LEAK = { bytes: 1n << 20n, odds: 256n, affordable: 1n << 20n };
/** One MiB in each 64th cycle. */
const leaking = (cycles: number): number => (cycles * 2 ** 20) / 64;

async function seen(machine: Machine): Promise<string> {
  const { context, work } = gauged(machine);
  try {
    return (await changeOfGauge(context, LEAK, work)).word;
  } catch (thrown) {
    if (thrown instanceof Inconclusive) return `inconclusive: ${thrown.message}`;
    throw thrown;
  }
}

t.test('pages that keep going are a leak, whatever the kernel says of itself', async (t) => {
  for (const instruments of [undefined, 'none', 'kasan']) {
    const said = instruments === undefined ? {} : { instruments };
    t.equal(await seen({ lost: leaking, inObjects: 0, ...said }), 'leaked', `${instruments}`);
  }
});

t.test('objects that keep going are a leak where the kernel keeps none', async (t) => {
  t.equal(await seen({ lost: leaking, inObjects: 1, instruments: 'none' }), 'leaked');
});

t.test('objects are undecided while a quarantine may have them', async (t) => {
  const kept = { lost: leaking, inObjects: 1 } as const;
  t.match(await seen({ ...kept, instruments: 'kasan' }), /^inconclusive: .*says of itself: kasan$/);
  t.match(await seen(kept), /^inconclusive: .*does not say whether it keeps freed objects$/);
});

t.test('more objects than a quarantine can have are a leak', async (t) => {
  const lost = (cycles: number): number => 32 * leaking(cycles);
  t.equal(await seen({ lost, inObjects: 1, instruments: 'kasan' }), 'leaked');
});

t.test('what comes to rest is none, late or early', async (t) => {
  for (const bytes of [2 ** 22, 2 ** 25, 2 ** 26]) {
    const lost = (cycles: number): number => Math.min(leaking(cycles), bytes);
    t.equal(await seen({ lost, inObjects: 1, instruments: 'kasan' }), 'conserved', `${bytes}`);
  }
});

t.test('a gauge that falls, but ever slower, is no leak', async (t) => {
  const lost = (cycles: number): number => 2 ** 22 * Math.log2(1 + cycles / 256);
  t.equal(await seen({ lost, inObjects: 0, instruments: 'none' }), 'conserved');
});

t.test('too few cycles are not looked at', async (t) => {
  const { context, work } = gauged({ lost: leaking, inObjects: 0 });
  const leak = { bytes: 4096n, odds: 1n, affordable: 16n };
  await t.rejects(changeOfGauge(context, leak, work), { message: /too few to tell/ });
});
