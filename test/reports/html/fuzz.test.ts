/** Goal: a picture shows an overlap exactly where two buffers hold a page at the same time. */
import t from 'tap';
import { fuzzPicture, overlapsOf } from '../../../reports/formats/html/fuzz.ts';
import type { FuzzPicture } from '../../../reports/fuzz-picture.ts';
import { pictureOf } from './picture.ts';

const PICTURE: FuzzPicture = {
  finding: 'one',
  seed: '0x1',
  region: 'region:0',
  pages: 16,
  pageSize: 4096,
  end: 100,
  buffers: [],
  schedule: [],
};

t.test('a simulator whose buffers overlap is drawn with its overlaps', async (t) => {
  const picture = await pictureOf('sim:?defect=overlapping-buffers');
  const overlaps = overlapsOf(picture);
  t.ok(overlaps.length > 0, 'the defect shows');
  const { text } = fuzzPicture(picture, 0);
  t.equal(text.match(/<rect class="overlap"/g)?.length, overlaps.length);
  t.match(text, 'Smallest schedule');
});

t.test('a faithful simulator has no overlap', async (t) => {
  const picture = await pictureOf('sim:');
  t.equal(picture.buffers.length, 6);
  t.strictSame(overlapsOf(picture), []);
});

t.test('pages that are handed on after a release are no overlap', async (t) => {
  const one = { name: 'one', firstPage: 2, pages: 4, from: 0, to: 50 };
  const next = { name: 'next', firstPage: 5, pages: 2, from: 50 };
  t.strictSame(overlapsOf({ ...PICTURE, buffers: [one, next] }), []);
  const early = { ...next, from: 49 };
  t.strictSame(overlapsOf({ ...PICTURE, buffers: [early, one] }), [
    { one, other: early, firstPage: 5, pages: 1, from: 49, to: 50 },
  ]);
});

t.test('a buffer inside a larger one is found behind others', async (t) => {
  const large = { name: 'large', firstPage: 0, pages: 8, from: 0 };
  const small = { name: 'small', firstPage: 6, pages: 1, from: 10, to: 20 };
  const [overlap] = overlapsOf({ ...PICTURE, buffers: [small, large] });
  t.match(overlap, { firstPage: 6, pages: 1, from: 10, to: 20 });
});
