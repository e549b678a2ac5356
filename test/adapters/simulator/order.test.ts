/** Where buffers begin, and allocations that fail by chance. */
import t from 'tap';
import { Machine, PAGE } from './machine.ts';

/** The first page frame of a new buffer. */
async function frameOf(machine: Machine, length: bigint): Promise<bigint> {
  const mapping = await machine.map(await machine.allocate({ length }), length);
  const { out } = await machine.main.frames({ address: mapping, length });
  return new DataView(out.buffer, out.byteOffset).getBigUint64(0, true);
}

/** Frames of one page and then a buffer of `pages`, so that the second would not be aligned. */
async function afterOnePage(url: string, pages: bigint): Promise<bigint> {
  const machine = await Machine.start(url);
  await machine.allocate();
  return frameOf(machine, pages * PAGE);
}

t.test('a buffer begins at a multiple of its size, up to the order', async (t) => {
  for (const [pages, alignment] of [
    [1n, 1n],
    [2n, 2n],
    [3n, 4n],
    [5n, 8n],
    [256n, 256n],
    [300n, 256n],
  ] as const) {
    const frame = await afterOnePage('sim:', pages);
    t.equal(frame % alignment, 0n, `${pages} pages`);
    t.equal(frame - 0x40000n, alignment, 'the first place of that alignment');
  }
  t.equal(await afterOnePage('sim:?order=2', 64n), 0x40004n);
  t.equal(await afterOnePage('sim:?order=0', 64n), 0x40001n);
  t.equal(await afterOnePage('sim:?order=10', 1024n), 0x40400n);
});

t.test('the posted code never aligns', async (t) => {
  t.equal(await afterOnePage('sim:?behaviour=rfc-v2&order=10', 64n), 0x40001n);
});

/** How each of so many allocations ended; every buffer is released at once. */
async function wordsOf(url: string, count: number): Promise<string[]> {
  const machine = await Machine.start(url);
  const words: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const buffer = await machine.allocate();
    words.push(buffer.word);
    if (buffer.ok) await machine.close(buffer);
  }
  t.equal(await machine.free(), 2n * (16n << 20n), 'what fails costs nothing');
  return words;
}

t.test('about one allocation in N fails though there is room, as the seed says', async (t) => {
  const words = await wordsOf('sim:?transient=8', 400);
  t.same([...new Set(words)].toSorted(), ['ENOMEM', 'ok']);
  const failed = words.filter((word) => word === 'ENOMEM').length;
  t.ok(failed > 25 && failed < 100, `${failed} of 400`);
  t.same(await wordsOf('sim:?transient=8', 400), words, 'the same seed, the same failures');
  t.notSame(await wordsOf('sim:?transient=8&seed=1', 400), words);
  t.same(new Set(await wordsOf('sim:', 400)), new Set(['ok']));
  t.same(new Set(await wordsOf('sim:?behaviour=rfc-v2&transient=1', 3)), new Set(['EINVAL']));
});
