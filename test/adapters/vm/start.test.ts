/** A guest that never becomes a target, with a stand-in for QEMU. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openVm } from '../../../adapters/vm/adapter.ts';
import { cacheFolder } from '../../../base/cache.ts';

/** Takes the port as QEMU does, says a little on the console, and nothing more. */
const FAKE = `#!${process.execPath}
const words = process.argv.slice(2);
if (words[0] === '--version') {
  console.log('QEMU emulator version 0.0.1');
} else {
  const path = /path=(.*)/.exec(words.find((word) => word.startsWith('socket,')) ?? '')?.[1];
  if (path !== undefined) require('node:net').connect(path).on('close', () => {});
  console.log('[    0.1] booting\\n[    0.2] waiting for the root device');
  setInterval(() => {}, 1_000_000);
}
`;

t.test('a guest whose console falls silent has failed, with its last line', async (t) => {
  const folder = t.testdir({ kernel: 'no kernel', cache: {} });
  const agents = join(cacheFolder(), 'agent');
  mkdirSync(agents, { recursive: true });
  symlinkSync(agents, join(folder, 'cache', 'agent'));
  const qemu = join(folder, 'qemu.cjs');
  writeFileSync(qemu, FAKE, { mode: 0o755 });
  t.teardown(() => {
    delete process.env.ALLOCERT_QEMU;
    delete process.env.ALLOCERT_CACHE;
  });
  process.env.ALLOCERT_QEMU = qemu;
  process.env.ALLOCERT_CACHE = join(folder, 'cache');
  const adapter = openVm(
    `vm:/dev/x?kernel=${encodeURIComponent(join(folder, 'kernel'))}&silence=1`,
  );
  const thrown = await adapter.open().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  t.match(thrown, { exitCode: 3, message: /no agent answers: the guest has not started, and its/ });
  t.match(thrown, { message: /console said nothing for \d s; .*says: .*waiting for the root/ });
  await adapter.close();
});
