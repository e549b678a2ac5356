import t from 'tap';
import { isSafeToReopen } from '../../base/safe-to-reopen.ts';

t.test('only the simulator is opened because a file names it', async (t) => {
  for (const target of ['sim:', 'sim:?behaviour=rfc-v2&seed=7']) {
    t.ok(isSafeToReopen(target), target);
  }
  const others = [
    'remote:exec:sim:',
    'native:./sim:.so',
    'vm:sim:/x',
    'replay:sim:',
    './sim:',
    'sim',
  ];
  for (const target of others) t.notOk(isSafeToReopen(target), target);
});
