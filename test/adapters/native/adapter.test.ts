import t from 'tap';
import { openNative } from '../../../adapters/native/adapter.ts';
import { parseNativeTarget } from '../../../adapters/native/target-url.ts';

process.env.ALLOCERT_CACHE = t.testdir();

function thrownBy(url: string): unknown {
  try {
    return parseNativeTarget(url);
  } catch (thrown) {
    return thrown;
  }
}

t.test('a URL names a device or a library, and how it is run', async (t) => {
  t.match(parseNativeTarget('native:/dev/null'), { path: '/dev/null', kind: 'device' });
  t.match(parseNativeTarget('native:/dev/null'), { mode: 'contained' });
  t.match(parseNativeTarget('native:/dev/null?mode=in-process'), { mode: 'in-process' });
  t.match(parseNativeTarget('native:/dev/%6eull'), { path: '/dev/null' });
  t.strictSame(parseNativeTarget('native:/dev/null?bounded=no').declared, { bounded: false });
  const wrong: readonly (readonly [url: string, code: number])[] = [
    ['native:', 2],
    ['native:cma0', 2],
    ['native:libvendor.so', 2],
    ['native:/dev/null?mode=fast', 2],
    ['native:/dev/null?made=contained', 2],
    ['native:/dev/%zz', 2],
    ['native:/dev/nul%00l', 2],
    ['native:/dev/no-such-node', 3],
    ['native:./no-such-library.so.1', 3],
  ];
  for (const [url, exitCode] of wrong) {
    t.match(thrownBy(url), { exitCode }, url);
  }
});

t.test('a device of this machine answers through an agent of its own', async (t) => {
  const adapter = openNative('native:/dev/zero');
  t.teardown(() => adapter.close());
  const session = await adapter.open();
  t.match(session.facts, { kind: 'native', regions: [{ node: '/dev/zero', bounded: false }] });
  await session.begin('test');
  const { threads } = await session.run({
    deadlineMs: 20_000,
    threads: [
      {
        client: 'main',
        operations: [
          { op: 'open', file: 'region:0', flags: 2n, slot: 'fd' },
          { op: 'pread', fd: { slot: 'fd' }, length: 4n },
          { op: 'close', fd: 999n },
        ],
      },
    ],
  });
  t.match(threads[0], [{ value: 3n }, { value: 4n, out: new Uint8Array(4) }, { errno: 'EBADF' }]);
  await session.close();
});
