/** Several regions: each has its device, its page frames and its room. */
import t from 'tap';
import { linux } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { descriptorIn, Machine, PAGE } from './machine.ts';

const MIB = 1n << 20n;

/** The range of page frames that the facts give a region. */
function rangeOf(machine: Machine, region: string): { first: bigint; last: bigint } {
  const [first = '', last = ''] = (machine.session.facts.details[`${region} frames`] ?? '').split(
    '-',
  );
  return { first: BigInt(first), last: BigInt(last) };
}

/** The page frames of a buffer of the given region. */
async function framesFrom(machine: Machine, region: `region:${number}`, length: bigint) {
  const device = await machine.main.open({ file: region, flags: linux.O_RDWR });
  const buffer = await machine.allocate({ length }, { device });
  const mapping = await machine.map(buffer, length);
  const { out } = await machine.main.frames({ address: mapping, length });
  return { mapping, frames: [...new BigUint64Array(out.slice().buffer)] };
}

t.test('a machine has as many devices as its URL asks for', async (t) => {
  for (const [url, count] of [
    ['sim:', 2],
    ['sim:?regions=1', 1],
    ['sim:?regions=8&region=4MiB', 8],
  ] as const) {
    const { facts } = await openSimulator(url).open();
    t.equal(facts.regions.length, count, url);
    t.same(
      facts.regions.map(({ name, node }) => `${name} ${node}`),
      Array.from({ length: count }, (_, index) => `region:${index} /dev/cma${index}`),
    );
    t.equal(new Set(facts.regions.map(({ sizeBytes }) => sizeBytes)).size, 1, 'all of one size');
  }
  const { main } = await Machine.start('sim:?regions=3');
  t.equal((await main.open({ file: 'region:2', flags: linux.O_RDWR })).word, 'ok');
  t.equal((await main.open({ file: 'region:3', flags: linux.O_RDWR })).word, 'ENOENT');
  const { out } = await main.readfile({ document: '/sys/class/simple_allocator' });
  t.equal(new TextDecoder().decode(out), 'cma0 222:0\ncma1 222:1\ncma2 222:2\n');
});

t.test('regions share no page frame, and buffers lie in the one they come from', async (t) => {
  for (const page of [4096, 65_536]) {
    const machine = await Machine.start(`sim:?regions=4&region=4MiB&page=${page}`);
    let before = 0n;
    for (const index of [0, 1, 2, 3]) {
      const { first, last } = rangeOf(machine, `region:${index}`);
      t.ok(first > before, `region ${index} lies above the one before`);
      t.equal(first % 1024n, 0n, 'the largest alignment is visible in frame numbers');
      t.equal((last - first + 1n) * BigInt(page), 4n * MIB);
      before = last;
      const { frames } = await framesFrom(machine, `region:${index}`, 4n * BigInt(page));
      t.equal(frames.length, 4);
      t.ok(frames.every((frame) => frame >= first && frame <= last));
    }
  }
});

t.test('a full region leaves room in another, and meminfo counts both', async (t) => {
  const machine = await Machine.start('sim:?region=64KiB');
  t.equal(await machine.free(), 128n * 1024n);
  t.equal((await machine.allocate({ length: 64n * 1024n })).word, 'ok');
  t.equal((await machine.allocate()).word, 'ENOMEM');
  t.equal(await machine.free(), 64n * 1024n);
  const device = await machine.main.open({ file: 'region:1', flags: linux.O_RDWR });
  const other = await machine.allocate({ length: 64n * 1024n }, { device });
  t.equal(other.word, 'ok');
  t.equal(await machine.free(), 0n);
  await machine.main.close({ fd: descriptorIn(other.slot) });
  t.equal((await machine.allocate()).word, 'ENOMEM', 'what another region has is not for it');
});

t.test('no region can be reached through another process’s memory', async (t) => {
  const machine = await Machine.start();
  const { main } = machine;
  for (const region of ['region:0', 'region:1'] as const) {
    const { mapping } = await framesFrom(machine, region, PAGE);
    const peeked = await main.peek({ client: 'main', address: mapping, length: 8n });
    t.equal(peeked.word, 'EFAULT', region);
  }
});

t.test('two defects of several regions', async (t) => {
  const wrong = await Machine.start('sim:?defect=allocates-from-other-region');
  const { first, last } = rangeOf(wrong, 'region:1');
  const { frames } = await framesFrom(wrong, 'region:0', PAGE);
  t.ok(frames.every((frame) => frame >= first && frame <= last));
  const spread = await Machine.start('sim:?defect=region-exhaustion-spreads&region=64KiB');
  t.equal((await spread.allocate({ length: 64n * 1024n })).word, 'ok');
  const device = await spread.main.open({ file: 'region:1', flags: linux.O_RDWR });
  t.equal((await spread.allocate({}, { device })).word, 'ENOMEM');
});
