import t from 'tap';
import { Region } from '../../../adapters/simulator/region.ts';

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
