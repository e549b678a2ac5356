/** What a report says of modules of others: which file was judged. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import { namedModuleDetails } from '../../../../adapters/vm/modules/named-modules.ts';
import { environmentOf } from '../../../../certify/derive/environment.ts';

t.test('each module that a URL names is told by its digest, also on a certificate', async (t) => {
  const folder = t.testdir({ 'my_heap.ko': 'one', 'helper.ko': 'two' });
  const named = ['my_heap.ko', 'helper.ko'].map((name) => ({ path: join(folder, name) }));
  const details = await namedModuleDetails(named);
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const wanted = { 'module my_heap.ko': sha256('one'), 'module helper.ko': sha256('two') };
  t.strictSame(details, wanted);
  const facts = {
    ...{ kind: 'vm', implementation: 'Linux', architecture: 'x86_64', pageSize: 4096 },
    ...{ pointerBytes: 8, regions: [], capabilities: [], kernelLog: true, details },
    kernel: { release: '6.12', version: '#1' },
  } as const;
  t.strictSame(environmentOf(facts).modules, { value: wanted });
});
