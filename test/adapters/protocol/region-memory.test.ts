/** What an agent saw of contiguous memory, as real kernels show it, and what follows from it. */
import t from 'tap';
import { parseDeclared, withDeclared } from '../../../adapters/protocol/declared-region.ts';
import { parseAgentFacts, targetFacts } from '../../../adapters/protocol/facts.ts';

const MIB = 1n << 20n;

/** Facts of a machine with CMA, one region at `node`, and more lines. */
function factsOf(node: string, ...lines: readonly string[]) {
  const said = [
    'sysname=Linux',
    'release=6.1.192',
    'machine=x86_64',
    'page_size=4096',
    'pointer_bytes=8',
    'capabilities=files,memory,frames',
    `region.0=${node}`,
    ...lines,
  ];
  const agent = parseAgentFacts(new TextEncoder().encode(`${said.join('\n')}\n`));
  const { regions, details } = targetFacts('vm', agent, {});
  const { bounded, gauge, sizeBytes } = regions[0] ?? {};
  const frames = details['region:0 frames'];
  const used = details['region:0 used'];
  const memory = details['region:0 memory'];
  return { bounded, gauge, sizeBytes, frames, memory, ...(used === undefined ? {} : { used }) };
}

/** Linux 6.1 with CMA_DEBUGFS and `cma=64M`. */
const RESERVED = [
  'meminfo.CmaTotal=65536',
  'cma.0=reserved',
  'cma.0.pages=16384',
  'cma.0.ranges=0x3bc00+16384',
];
const WHOLE = { bounded: true, gauge: 'CmaFree', sizeBytes: 64n * MIB } as const;

t.test('the only area is that of every region but the system heap', async (t) => {
  const frames = '0x3bc00-0x3fbff';
  const memory = 'CMA area reserved';
  t.strictSame(factsOf('/dev/dma_heap/reserved', ...RESERVED), { ...WHOLE, frames, memory });
  t.strictSame(factsOf('/dev/cma0', ...RESERVED), { ...WHOLE, frames, memory });
  for (const heap of ['system', 'system_cc_shared', 'protected,secure-video']) {
    t.match(factsOf(`/dev/dma_heap/${heap}`, ...RESERVED), { bounded: false, gauge: 'MemFree' });
  }
});

/** Two areas, the second of two ranges: `cma=64M numa_cma=0:16M` on Linux 7. */
const TWO = [
  'meminfo.CmaTotal=81920',
  'cma.0=numa0',
  'cma.0.pages=4096',
  'cma.0.ranges=0x30000+4096',
  'cma.1=reserved',
  'cma.1.pages=16384',
  'cma.1.ranges=0x100+8192,0x3bc00+8192',
];
const RANGES = '0x100-0x20ff,0x3bc00-0x3dbff';

t.test('of several areas a region has the one of its name, with all its ranges', async (t) => {
  t.match(factsOf('/dev/dma_heap/reserved', ...TWO), { ...WHOLE, frames: RANGES });
  t.match(factsOf('/dev/dma_heap/default_cma_region', ...TWO), { ...WHOLE, frames: RANGES });
  const first = { sizeBytes: 16n * MIB, frames: '0x30000-0x30fff' };
  t.match(factsOf('/dev/dma_heap/numa0', ...TWO), first);
  const driver = ['region.0.memory=CMA area numa0', 'region.0.size_bytes=16777216'];
  t.match(factsOf('/dev/cma0', ...TWO, ...driver), { ...first, memory: 'CMA area numa0' });
});

t.test('a region that may have any of several areas has no size', async (t) => {
  const seen = factsOf('/dev/cma0', ...TWO);
  t.strictSame(seen, {
    bounded: true,
    gauge: 'CmaFree',
    sizeBytes: undefined,
    frames: undefined,
    memory: undefined,
  });
});

t.test('where nothing but the boot log tells, it must speak of all of CMA', async (t) => {
  const log = ['meminfo.CmaTotal=65536', 'cma.reserved=0x7c000000+67108864'];
  t.match(factsOf('/dev/cma0', ...log), { ...WHOLE, frames: '0x7c000-0x7ffff' });
  const sysfs = [...log, 'cma.0=reserved', 'cma.0.pages=16384'];
  t.match(factsOf('/dev/cma0', ...sysfs), { ...WHOLE, frames: '0x7c000-0x7ffff' });
  const busy = factsOf('/dev/cma0', ...sysfs, 'cma.0.used=384');
  t.match(busy, { ...WHOLE, frames: '0x7c000-0x7ffff', used: '384' });
  const other = factsOf('/dev/cma0', 'meminfo.CmaTotal=131072', log[1] ?? '');
  t.match(other, { bounded: true, sizeBytes: undefined, frames: undefined });
});

t.test('a driver’s own pool is bounded by what it says', async (t) => {
  const pool = [
    'region.0.memory=page allocator',
    'region.0.size_bytes=16777216',
    'region.0.frames=0x40000-0x407ff,0x41000-0x417ff',
  ];
  const expected = {
    bounded: true,
    gauge: undefined,
    sizeBytes: 16n * MIB,
    frames: '0x40000-0x407ff,0x41000-0x417ff',
    memory: 'page allocator',
  };
  t.strictSame(factsOf('/dev/cma0', ...pool), expected);
  t.strictSame(
    factsOf('/dev/cma0', ...pool, ...RESERVED),
    expected,
    'it is not the area beside it',
  );
});

t.test('numbers that are none are left out', async (t) => {
  const odd = ['meminfo.CmaTotal=65536', 'cma.0=reserved', 'cma.0.pages=many', 'cma.0.ranges=?'];
  t.match(factsOf('/dev/cma0', ...odd), { sizeBytes: undefined, frames: undefined });
  const said = ['region.0.size_bytes=-1', 'region.0.frames=0x1'];
  t.match(factsOf('/dev/cma0', ...said), { bounded: false, frames: undefined });
});

t.test('numbers that are none are not believed, and end nothing', async (t) => {
  const lines = ['page_size=4k', 'meminfo.CmaTotal=65536.5', 'cma.reserved=0x3bc00000+67108864'];
  t.match(factsOf('/dev/cma0', ...lines), { bounded: true, sizeBytes: undefined });
  const zero = factsOf('/dev/cma0', 'page_size=0', ...RESERVED);
  t.equal(zero.sizeBytes, 64n * MIB, 'a page of nothing is none');
});

t.test('a URL may say whether the region under test is bounded', async (t) => {
  const lines = ['region.0=/dev/dma_heap/mine', 'region.1=/dev/cma1', ...RESERVED];
  const agent = parseAgentFacts(new TextEncoder().encode(lines.join('\n')));
  const facts = targetFacts('vm', agent, {});
  const said = (word?: string) => withDeclared(facts, parseDeclared(word, 'vm:x'));
  t.equal(said(), facts);
  t.match(said('yes').regions[0], WHOLE, 'what was found of it stays');
  const { details, regions } = said('no');
  const [first] = regions;
  t.equal(first?.sizeBytes, undefined);
  t.match(first, { node: '/dev/dma_heap/mine', abi: 'dma-heap', bounded: false, gauge: 'MemFree' });
  t.match(regions[1], WHOLE, 'the other is not meant');
  t.equal(details['region:0 bounded'], 'no (URL)');
  t.throws(() => said('maybe'), {
    blame: 'usage',
    message: /vm:x has bounded=maybe; use bounded=/,
  });
});
