/** Stamps of pages: no two pages of a buffer, nor of two buffers, look the same. */
import t from 'tap';
import { pagePattern, patternFrom } from '../../../suites/kit/page-pattern.ts';

const PAGE = 4096;

/** The first bytes of each page of a buffer over which a pattern is repeated. */
function pagesOf(pages: number, seed: number): string[] {
  const bytes = pagePattern(pages, seed);
  return Array.from({ length: pages }, (_, page) => {
    const turned = patternFrom(bytes, BigInt(page * PAGE));
    return Buffer.from(turned.subarray(0, 9)).toString('hex');
  });
}

t.test('each page of each buffer looks different', async (t) => {
  const seen = new Set<string>();
  let pages = 0;
  for (const [seed, count] of [1, 2, 17, 16, 257, 1281, 1, 1].entries()) {
    for (const page of pagesOf(count, seed)) seen.add(page);
    pages += count;
  }
  t.equal(seen.size, pages);
});

t.test('a pattern is as long as its pages need, and no longer', async (t) => {
  for (const [pages, bytes] of [
    [1, 9],
    [9, 9],
    [10, 11],
    [256, 257],
  ] as const) {
    t.equal(pagePattern(pages, 3).length, bytes, `${pages} pages`);
  }
});

t.test('a pattern begins where an access begins', async (t) => {
  const bytes = Uint8Array.of(1, 2, 3);
  t.strictSame([...patternFrom(bytes, 0n)], [1, 2, 3]);
  t.strictSame([...patternFrom(bytes, 4096n)], [2, 3, 1], '4096 is one more than a multiple of 3');
  t.strictSame([...patternFrom(bytes, 1n << 32n)], [2, 3, 1]);
});
