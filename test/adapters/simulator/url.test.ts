import t from 'tap';
import { AllocertError } from '../../../adapters/contract/index.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import { ALL_DEFECTS } from '../../../adapters/simulator/defects/all.ts';

t.test('a URL chooses behaviour, region, page size, seed and defects', async (t) => {
  const url = 'sim:?behaviour=rfc-v2&region=1MiB&page=16384&seed=0x10&defect=no-zeroing';
  const { facts } = await openSimulator(`${url}&defect=leak-on-close`).open();
  t.equal(facts.kind, 'sim');
  t.equal(facts.implementation, 'simulator rfc-v2');
  t.equal(facts.pageSize, 16_384);
  t.equal(facts.regions[0]?.sizeBytes, 1n << 20n);
  t.match(facts.details, { defects: 'leak-on-close,no-zeroing', seed: '16' });
});

t.test('without parameters it is hardened, 16 MiB and free of defects', async (t) => {
  const { facts } = await openSimulator('sim:').open();
  t.equal(facts.implementation, 'simulator hardened');
  t.equal(facts.regions[0]?.sizeBytes, 16n << 20n);
  t.equal(facts.details.defects, '');
});

t.test('what it does not know is refused in one sentence that names what it does', async (t) => {
  const refused: readonly [string, RegExp][] = [
    [
      'sim:?speed=1',
      /no parameter "speed"; it has behaviour, region, .*, schedule, depth, caller, bounded, quarantine, latency, pagemap; did you mean seed\?$/,
    ],
    ['sim:?behaviour=kind', /no behaviour "kind"; it has hardened and rfc-v2$/],
    ['sim:?defect=typo', /no defect "typo"; it has .*, no-zeroing, /],
    ['sim:?schedule=fair', /no schedule "fair"; it has random, pct, both$/],
    ['sim:?depth=0', /depth "0"; give a number from 1 to 16$/],
    ['sim:?depth=17', /depth "17"; give/],
    ['sim:?region=1TiB', /region of "1TiB": give bytes, KiB, MiB or GiB/],
    ['sim:?region=5000', /multiple of 4096/],
    ['sim:?region=0', /multiple of 4096/],
    ['sim:?page=512', /no page size "512"; it has 4096, 16384, 65536$/],
    ['sim:?regions=0', /regions "0"; give a number from 1 to 8$/],
    ['sim:?regions=9', /regions "9"; give/],
    ['sim:?order=11', /order "11"; give a number from 0 to 10$/],
    ['sim:?transient=-1', /transient "-1"; give a number from 0/],
    ['sim:?bounded=perhaps', /bounded "perhaps"; give yes or no$/],
    ['sim:?quarantine=1GiB', /quarantine of "1GiB": give bytes, KiB or MiB to 64MiB$/],
    ['sim:?latency=2000000', /latency "2000000"; give a number from 0 to 1000000$/],
    ['sim:?seed=x', /seed "x": give a number/],
    ['sim:?seed=1&seed=2', /takes seed once/],
    ['simulator', /is not a simulator URL/],
    ['sim:hardened', /is not a simulator URL/],
  ];
  for (const [url, message] of refused) {
    try {
      openSimulator(url);
      t.fail(`${url} was accepted`);
    } catch (thrown) {
      t.type(thrown, AllocertError, url);
      t.match(thrown, { message, exitCode: 2 }, url);
    }
  }
});

t.test('defects have names of their own and say what they break', async (t) => {
  t.equal(new Set(ALL_DEFECTS.map(({ name }) => name)).size, ALL_DEFECTS.length);
  for (const { name, summary, breaks } of ALL_DEFECTS) {
    t.match(summary, /\.$/, name);
    for (const id of breaks) t.match(id, /^[A-Z]{2,3}-\d\d$/, name);
  }
});
