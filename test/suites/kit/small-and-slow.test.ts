/** Cases scale to a small region and to a slow target, or say why they cannot. */
import t from 'tap';
import { verdictsOn } from './suite-statuses.ts';

/** What may not be said of a target that is merely small or slow. */
const UNFOUNDED = ['fail', 'warn', 'crash', 'hang', 'inconclusive'];

const unfounded = async (target: string): Promise<readonly string[]> =>
  (await verdictsOn(target))
    .filter(({ status }) => UNFOUNDED.includes(status))
    .map(({ case: id, status, reason }) => `${id} ${status}: ${reason}`);

t.test('a region of 16 pages is certified like any other', async (t) => {
  const usual = (await verdictsOn('sim:')).filter(({ status }) => status === 'skip');
  for (const target of ['sim:?region=64KiB', 'sim:?region=1MiB&page=65536']) {
    t.strictSame(await unfounded(target), [], target);
    const skipped = (await verdictsOn(target)).filter(({ status }) => status === 'skip');
    t.strictSame(
      skipped.map(({ case: id }) => id),
      usual.map(({ case: id }) => id),
      `${target}: no case is skipped for its size`,
    );
  }
});

t.test('a smaller one is not accused; what it has no room for is skipped', async (t) => {
  for (const target of ['sim:?region=60KiB', 'sim:?region=16KiB', 'sim:?region=4KiB']) {
    t.strictSame(await unfounded(target), [], target);
  }
  const [verdict] = await verdictsOn('sim:?region=4KiB', ['LIF-08']);
  t.match(verdict, { status: 'skip', reason: /has 4096 bytes, and cases are made for 16 pages/ });
});

t.test('ten milliseconds an allocation are no hang', async (t) => {
  t.strictSame(await unfounded('sim:?latency=10000'), []);
});
