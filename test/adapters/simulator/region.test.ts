import t from 'tap';
import { Random } from '../../../adapters/interpreter/random.ts';
import { Region } from '../../../adapters/simulator/buffers/region.ts';

const PAGE = 4096;

t.test('the first run that is long enough is taken', async (t) => {
  const region = new Region(16 * PAGE, PAGE);
  t.same([region.allocate(2), region.allocate(1), region.allocate(3)], [0, 2, 3]);
  region.release(2, 1);
  t.equal(region.allocate(2), 6, 'a hole of one page is too small');
  t.equal(region.allocate(1), 2);
  t.equal(region.allocate(8), 8);
  t.equal(region.freePages, 0);
  t.equal(region.allocate(1), undefined);
});

t.test('an order aligns the first page', async (t) => {
  const region = new Region(16 * PAGE, PAGE);
  t.equal(region.allocate(1), 0);
  t.equal(region.allocate(4, 2), 4);
  t.equal(region.allocate(1), 1);
  t.equal(region.allocate(8, 3), 8);
  t.equal(region.allocate(4, 2), undefined, 'two pages are free, and not aligned');
  t.equal(region.allocate(2), 2);
});

t.test('pages keep what they held, and those never written are residue', async (t) => {
  const region = new Region(4 * PAGE, PAGE);
  t.not(region.store.contents(3), 0);
  const first = region.allocate(1) ?? -1;
  region.store.bytes(first)[7] = 9;
  region.release(first, 1);
  t.equal(region.store.bytes(first)[7], 9);
  t.equal(region.allocate(0), undefined);
  t.equal(region.allocate(5), undefined);
});

/** First fit as one would write it down: the lowest aligned run with no taken page. */
function naiveFit(taken: readonly boolean[], count: number, alignment: number): number | undefined {
  for (let first = 0; first + count <= taken.length; first += alignment) {
    if (!taken.slice(first, first + count).includes(true)) return first;
  }
  return undefined;
}

t.test('first fit over words of bits is first fit over pages', async (t) => {
  const random = new Random(7n);
  const wrong: string[] = [];
  for (const pages of [31, 32, 33, 100, 257]) {
    const region = new Region(pages * PAGE, PAGE);
    const taken = Array.from({ length: pages }, () => false);
    for (let turn = 0; turn < 400; turn += 1) {
      const count = 1 + random.below(random.below(3) === 0 ? 70 : 6);
      if (random.below(2) === 0) {
        const order = random.below(6);
        const wanted = naiveFit(taken, count, 2 ** order);
        const first = region.allocate(count, order);
        if (first !== wanted) wrong.push(`turn ${turn}: ${first} for ${wanted} of ${pages}`);
        if (first !== undefined) taken.fill(true, first, first + count);
      } else {
        const first = random.below(pages);
        region.release(first, count);
        taken.fill(false, first, first + count);
      }
      const free = taken.filter((one) => !one).length;
      if (region.freePages !== free) wrong.push(`turn ${turn}: ${region.freePages} for ${free}`);
    }
  }
  t.strictSame(wrong, []);
});
