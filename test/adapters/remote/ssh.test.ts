/** ssh as the system's: what it is asked, and that a session runs over it. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import t from 'tap';
import { buildAgent } from '../../../adapters/executor/build/build.ts';
import { openTarget } from '../../../adapters/open-target.ts';
import { sshCommand } from '../../../adapters/remote/ssh.ts';
import { parseRemoteTarget } from '../../../adapters/remote/target-url.ts';

const folder = mkdtempSync(join(tmpdir(), 'allocert-ssh-'));
t.teardown(() => rmSync(folder, { recursive: true }));

/** Does what sshd does: hands the words after the destination, joined, to a shell. */
const FAKE = `#!/bin/sh
printf '%s\\n' "$@" > "$0.words"
while [ "$1" != "--" ]; do shift; done
shift 2
exec sh -c "$*"
`;
writeFileSync(join(folder, 'ssh'), FAKE);
chmodSync(join(folder, 'ssh'), 0o755);
process.env.PATH = `${folder}${delimiter}${process.env.PATH}`;

t.test('a session over ssh', async (t) => {
  const { path } = await buildAgent(join(tmpdir(), 'allocert-test-agents'));
  const adapter = await openTarget(`remote:ssh:user@board:/dev/zero?agent=${path}&port=2222`);
  t.teardown(() => adapter.close());
  const session = await adapter.open();
  t.equal(session.facts.regions[0]?.node, '/dev/zero');
  await session.begin('X/ssh');
  const history = await session.run({
    deadlineMs: 20_000,
    threads: [{ client: 'main', operations: [{ op: 'open', file: 'region:0', flags: 2n }] }],
  });
  t.equal(history.threads[0]?.[0]?.outcome, 'returned');
  await session.close();
  const words = readFileSync(join(folder, 'ssh.words'), 'utf8').trim().split('\n');
  t.ok(words.includes('BatchMode=yes'));
  t.strictSame(words.slice(words.indexOf('-p'), -1), ['-p', '2222', '--', 'user@board']);
});

t.test('the board’s shell sees plain words, and ssh no options', async (t) => {
  const command = (url: string): string[] => {
    const target = parseRemoteTarget(url);
    if (target.transport !== 'ssh') throw new Error(target.transport);
    return sshCommand(target).slice(-3);
  };
  t.strictSame(command('remote:ssh:board:/dev/cma0'), [
    '--',
    'board',
    "'allocert-agent' '--region' '/dev/cma0'",
  ]);
  t.strictSame(command("remote:ssh:u@[fe80::1]:/dev/x'$(id)?agent=/opt/a%20b"), [
    '--',
    'u@fe80::1',
    `'/opt/a b' '--region' '/dev/x'\\''$(id)'`,
  ]);
});

t.test('an agent that is not there is what the board says', async (t) => {
  const adapter = await openTarget('remote:ssh:board:/dev/zero?agent=/nowhere/agent');
  await t.rejects(adapter.open(), {
    exitCode: 3,
    message: /no agent answers: ssh ended \(exit status 127\); it says: .*\/nowhere\/agent/,
  });
});
