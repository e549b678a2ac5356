/** The optional features are the catalogue's: each optional rule has one, and its words exist. */
import t from 'tap';
import { catalogue } from '../../../catalogue/catalogue.ts';
import { featuresOf } from '../../../certify/statement/features.ts';

t.test(
  'every rule that may be left out is a feature, or is observed for readers only',
  async (t) => {
    const optional = catalogue().requirements.filter(
      ({ level, unobservable, reportOnly }) =>
        level !== 'MUST' && unobservable === undefined && reportOnly !== true,
    );
    t.ok(optional.length > 20, 'there are such rules');
    t.strictSame(
      optional.filter(({ feature }) => feature === undefined).map(({ id }) => id),
      [],
    );
  },
);

t.test(
  'names are unique, and the words of a feature are answers that its rule expects',
  async (t) => {
    const all = catalogue().requirements.filter(({ feature }) => feature !== undefined);
    const names = all.map(({ feature }) => feature?.name);
    t.equal(new Set(names).size, names.length);
    for (const { id, feature, expect, reportOnly } of all) {
      const { present, absent } = feature ?? {};
      if (present === undefined || absent === undefined) continue;
      for (const [profile, roles] of Object.entries(expect)) {
        const words = Object.values(roles).flat();
        const wanted = reportOnly === true ? present : [...present, ...absent];
        const fits = wanted.filter((one) => words.includes(one));
        t.not(fits.length, 0, `${id} in ${profile}`);
      }
      t.notOk(
        present.some((word) => absent.includes(word)),
        id,
      );
    }
  },
);

t.test('a statement speaks of what applies to its profile', async (t) => {
  const heap = featuresOf('dma-heap').map(({ name }) => name);
  const hardened = featuresOf('hardened').map(({ name }) => name);
  t.ok(hardened.includes('minors-reused'));
  t.notOk(heap.includes('minors-reused'), 'heaps are not registered one by one');
  t.ok(heap.includes('whole-region'));
});
