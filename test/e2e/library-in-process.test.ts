/** The example library with the executor inside of this process: nothing comes out differently. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { buildExample } from '../adapters/native/example-library.ts';
import { everySuiteOn, idsWith, verdictWords } from './every-suite.ts';

process.env.ALLOCERT_CACHE = join(tmpdir(), 'allocert-test-cache');

t.test('both modes come to the same verdicts', async (t) => {
  const library = await buildExample(t.testdir());
  const [contained, inProcess] = [
    await everySuiteOn(`native:${library}`),
    await everySuiteOn(`native:${library}?mode=in-process`),
  ];
  t.ok(contained.complete && inProcess.complete);
  t.strictSame(verdictWords(inProcess), verdictWords(contained));
});

t.test('a library that dereferences NULL crashes the case, not this process', async (t) => {
  const library = await buildExample(t.testdir(), 6);
  const came = await everySuiteOn(`native:${library}?mode=in-process`);
  t.ok(came.complete);
  const crashed = Object.keys(came.ends).filter((id) => came.ends[id] === 'crash');
  t.ok(crashed.includes('FD-10/sync'));
  t.match(
    came.verdicts.find(({ requirement }) => requirement === 'FD-10'),
    { status: 'crash', reason: /a client died in a system call: subject by SIGSEGV/ },
  );
  t.ok(idsWith(came, 'pass').length >= 70, 'all other cases ran');
});
