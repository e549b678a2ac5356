/**
 * Page frames that /proc/self/pagemap hides, because a driver maps them by number: then pages are
 * found by what was written to them. Each rule on frames passes on a right target and fails with a
 * defect, as it does where pagemap tells them.
 */
import t from 'tap';
import { verdictsOn } from './suite-statuses.ts';

const HIDDEN = 'sim:?pagemap=no&region=8MiB';
const RULES = ['CMA-01', 'CMA-02', 'CMA-03', 'CMA-04'];

t.test('rules on frames are observed where pagemap hides them', async (t) => {
  const seen = await verdictsOn(HIDDEN, RULES);
  t.strictSame(
    seen.map(({ requirement, status }) => `${requirement} ${status}`),
    RULES.map((rule) => `${rule} pass`),
  );
});

for (const [rule, defect, status] of [
  ['CMA-01', 'large-pages-scattered', 'fail'],
  ['CMA-02', 'allocates-from-other-region', 'fail'],
  ['CMA-03', 'overlapping-buffers', 'fail'],
  ['CMA-04', 'order-ignored', 'warn'],
] as const) {
  t.test(`${rule} is broken by ${defect}`, async (t) => {
    const [seen] = await verdictsOn(`${HIDDEN}&defect=${defect}`, [rule]);
    t.equal(seen?.status, status, seen?.reason ?? 'nothing was seen');
  });
}
