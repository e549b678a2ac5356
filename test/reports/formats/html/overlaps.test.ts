/** Goal: an overlap is shown exactly where two buffers have a page frame at the same time. */
import t from 'tap';
import { frameAxisOf } from '../../../../reports/formats/html/bands.ts';
import type { FuzzBuffer } from '../../../../reports/formats/html/fuzz-picture.ts';
import { overlapsOf } from '../../../../reports/formats/html/overlaps.ts';

function buffer(first: bigint, count: number, from: bigint, until?: bigint): FuzzBuffer {
  const frames = [{ first, count }];
  return { name: 'buffer1', made: 0, pages: count, lives: [{ from, until }], frames, holdings: [] };
}

t.test('frames that are handed on after a release are no overlap', async (t) => {
  const one = buffer(2n, 4, 0n, 50n);
  t.strictSame(overlapsOf({ buffers: [one, buffer(5n, 2, 50n)] }), []);
  t.strictSame(overlapsOf({ buffers: [one, buffer(5n, 2, 49n)] }), [
    { one: 0, other: 1, frames: { first: 5n, count: 1 }, from: 49n, until: 50n },
  ]);
});

t.test('a buffer inside a larger one overlaps, whichever comes first', async (t) => {
  const [large, small] = [buffer(0n, 8, 0n), buffer(6n, 1, 10n, 20n)];
  const found = { frames: { first: 6n, count: 1 }, from: 10n, until: 20n };
  t.match(overlapsOf({ buffers: [small, large] }), [found]);
  t.match(overlapsOf({ buffers: [large, small] }), [found]);
});

t.test('every life and every run of frames counts', async (t) => {
  const many: FuzzBuffer = {
    ...buffer(0n, 2, 0n),
    lives: [
      { from: 0n, until: 5n },
      { from: 20n, until: undefined },
    ],
    frames: [
      { first: 0n, count: 2 },
      { first: 100n, count: 2 },
    ],
  };
  t.strictSame(overlapsOf({ buffers: [many, buffer(101n, 4, 6n, 19n)] }), [], 'between its lives');
  t.match(overlapsOf({ buffers: [many, buffer(101n, 4, 6n)] }), [
    { frames: { first: 101n, count: 1 }, from: 20n, until: undefined },
  ]);
});

t.test('buffers whose frames nobody told overlap with none', async (t) => {
  const silent = { ...buffer(0n, 1, 0n), frames: [] };
  t.strictSame(overlapsOf({ buffers: [silent, silent] }), []);
});

t.test('wide gaps are cut out of the picture, narrow ones are drawn', async (t) => {
  const { bands, box, height } = frameAxisOf([
    buffer(0x40000n, 2, 0n),
    buffer(0x40004n, 1, 0n),
    buffer(0x90000n, 1, 0n),
  ]);
  t.strictSame(
    bands.map(({ first, count }) => [first, count]),
    [
      [0x40000n, 5],
      [0x90000n, 1],
    ],
  );
  const far = box({ first: 0x90000n, count: 1 });
  t.ok(far.y > box({ first: 0x40004n, count: 1 }).y);
  t.ok(far.y + far.height <= height, 'all of it is inside');
});
