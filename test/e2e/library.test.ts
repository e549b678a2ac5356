/** The example library under every suite: what it claims holds, and seeded defects are found. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { buildAgent } from '../../adapters/executor/build/build.ts';
import { openTarget } from '../../adapters/open-target.ts';
import { Daemon } from '../../adapters/remote/daemon.ts';
import { listenUnix } from '../../adapters/remote/unix.ts';
import { buildExample, EXAMPLE } from '../adapters/native/example-library.ts';
import { everySuiteOn, idsWith, verdictWords } from './every-suite.ts';

process.env.ALLOCERT_CACHE = join(tmpdir(), 'allocert-test-cache');

t.test('the example passes what it can claim and skips the rest with reasons', async (t) => {
  const library = await buildExample(t.testdir());
  const came = await everySuiteOn(`native:${library}`);
  t.ok(came.complete);
  t.strictSame(idsWith(came, 'fail', 'warn', 'crash', 'hang'), []);
  // Calls as short as these rarely meet; a race that did not happen shows nothing.
  const open = came.verdicts.filter(({ status }) => status === 'inconclusive');
  t.ok(
    open.every(({ reason }) => /^calls overlapped in \d+ of \d+ rounds/.test(reason)),
    JSON.stringify(open),
  );
  t.ok(idsWith(came, 'pass').length >= 78, 'most of the profile was observed');
  const skipped = came.verdicts.filter(({ status }) => status === 'skip');
  t.ok(skipped.length > 0);
  for (const { reason } of skipped) {
    t.match(
      reason,
      /offers no (frames|procfs|registry) operations|one region|32-bit programs|past 4 GiB/,
    );
  }
});

t.test('remote:exec: with an agent of its own and a daemon at a socket say the same', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-library-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const library = await buildExample(folder);
  const { path: agent } = await buildAgent(folder, { loadsLibraries: true });
  const daemon = new Daemon({
    openTarget: () => openTarget(`native:${library}`),
    onEvent: () => {},
  });
  const place = join(folder, 'daemon.sock');
  const listener = await listenUnix(
    place,
    (socket) => daemon.accept(socket),
    () => {},
  );
  const direct = await everySuiteOn(`native:${library}`);
  const urls = [`remote:exec:${agent} --library ${library}`, `remote:unix:${place}`];
  for (const url of urls) {
    const came = await everySuiteOn(url);
    t.ok(came.complete, url);
    t.strictSame(verdictWords(came), verdictWords(direct));
  }
  const closed = listener.close();
  await daemon.close();
  await closed;
});

t.test('a descriptor is of no use before there is a buffer behind it', async (t) => {
  // With a pause there, every round of the case looks at such a descriptor.
  const library = await buildExample(t.testdir(), 0, ['PAUSE_US=200']);
  const came = await everySuiteOn(`native:${library}`, ['ISO-05', 'CON-02']);
  t.strictSame(idsWith(came, 'fail', 'crash', 'hang'), [], JSON.stringify(came.verdicts));
  t.ok(idsWith(came, 'pass').includes('ISO-05'), 'the case met it');
});

/** The rows of the table of defects in the example's README: number, and requirements by id. */
const DEFECTS = readFileSync(join(EXAMPLE, 'README.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, defect, fails = ''] = /^\| (\d) \|.*\|([^|]*)\|$/.exec(line) ?? [];
    const ids = fails.match(/[A-Z]{2,3}-\d\d/g) ?? [];
    return defect === undefined ? [] : [{ defect: Number(defect), ids: ids.toSorted() }];
  });

t.test('the README of the example lists its defects', async (t) => {
  const defined = readFileSync(join(EXAMPLE, 'allocator.h'), 'utf8').match(
    /^#define DEFECT_\w+ [1-9]/gm,
  );
  t.equal(DEFECTS.length, defined?.length);
  t.ok(DEFECTS.every(({ ids }) => ids.length > 0));
});

for (const { defect, ids } of DEFECTS) {
  t.test(`defect ${defect} fails exactly ${ids.join(', ')}`, async (t) => {
    const library = await buildExample(t.testdir(), defect);
    const came = await everySuiteOn(`native:${library}`);
    t.ok(came.complete);
    const failed = new Set(idsWith(came, 'fail', 'crash', 'hang'));
    // A race is met by chance: threads of a busy machine may pass each other in one whole run.
    for (const race of ids.filter((id) => id.startsWith('CON-') && !failed.has(id))) {
      const again = await everySuiteOn(`native:${library}`, [race]);
      for (const id of idsWith(again, 'fail', 'crash', 'hang')) failed.add(id);
    }
    t.strictSame([...failed].toSorted(), ids);
    t.strictSame(idsWith(came, 'warn'), []);
  });
}

t.test('a library that dereferences NULL crashes the case, not the run', async (t) => {
  const library = await buildExample(t.testdir(), 6);
  const came = await everySuiteOn(`native:${library}`);
  t.ok(came.complete);
  const crashed = Object.keys(came.ends).filter((id) => came.ends[id] === 'crash');
  t.ok(crashed.includes('FD-10/sync'));
  t.match(
    came.verdicts.find(({ requirement }) => requirement === 'FD-10'),
    { status: 'crash', reason: /a client died in a system call: subject by SIGSEGV/ },
  );
  t.ok(idsWith(came, 'pass').length >= 70, 'all other cases ran');
});
