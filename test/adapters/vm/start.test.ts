/** A guest that never becomes a target, with a stand-in for QEMU. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Adapter, steadyDetails } from '../../../adapters/contract/index.ts';
import { buildAgent } from '../../../adapters/executor/build/build.ts';
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

/** The same, but on every start except the second there is an agent at the port. */
const startsUnlessSecond = (agent: string, starts: string): string =>
  FAKE.replace(
    "connect(path).on('close', () => {});",
    `connect(path, function () {
      const { appendFileSync, readFileSync } = require('node:fs');
      appendFileSync(${JSON.stringify(starts)}, 'x');
      if (readFileSync(${JSON.stringify(starts)}).length === 2) return;
      const agent = require('node:child_process').spawn(
        ${JSON.stringify(agent)},
        ['--region', '/dev/null', '--confine', 'no'],
        { stdio: ['pipe', 'pipe', 'ignore'] },
      );
      this.pipe(agent.stdin);
      agent.stdout.pipe(this);
    }).on('close', () => {});`,
  );

/** A guest in a stand-in for QEMU, and a cache that has the agent alone. */
function guestIn(t: Test, fake: string): Adapter {
  const folder = t.testdir({ kernel: `${'\0'.repeat(0x202)}HdrS`, cache: {} });
  const agents = join(cacheFolder(), 'agent');
  mkdirSync(agents, { recursive: true });
  symlinkSync(agents, join(folder, 'cache', 'agent'));
  const qemu = join(folder, 'qemu.cjs');
  writeFileSync(qemu, fake, { mode: 0o755 });
  t.teardown(() => {
    delete process.env.ALLOCERT_QEMU;
    delete process.env.ALLOCERT_CACHE;
  });
  process.env.ALLOCERT_QEMU = qemu;
  process.env.ALLOCERT_CACHE = join(folder, 'cache');
  return openVm(`vm:/dev/x?kernel=${encodeURIComponent(join(folder, 'kernel'))}&silence=1`);
}

t.test('a guest that started before and then does not is started once more', async (t) => {
  const agent = (await buildAgent(join(cacheFolder(), 'agent'))).path;
  const starts = join(t.testdir({ starts: '' }), 'starts');
  const adapter = guestIn(t, startsUnlessSecond(agent, starts));
  const first = await adapter.open();
  t.equal(first.facts.details.failedStart, undefined);
  await first.close();
  const second = await adapter.open();
  t.match(second.facts.details.failedStart, /has not started, and its console was silent for/);
  t.strictSame(steadyDetails(second.facts), steadyDetails(first.facts));
  await second.close();
  await adapter.close();
  t.equal(readFileSync(starts, 'utf8'), 'xxx');
});

t.test('a guest whose console falls silent has failed, with its last line', async (t) => {
  const adapter = guestIn(t, FAKE);
  const thrown = await adapter.open().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  t.match(thrown, { exitCode: 3, message: /no agent answers: the guest has not started, and its/ });
  t.match(thrown, { message: /console was silent for \d s; .*says: .*waiting for the root/ });
  await adapter.close();
});
