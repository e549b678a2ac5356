/** The C agent as a child process, reached by URL as a user would. */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Program } from '../../../adapters/contract/index.ts';
import { buildAgent } from '../../../adapters/executor/build/build.ts';
import { openTarget } from '../../../adapters/open-target.ts';
import { splitArgs } from '../../../adapters/remote/args.ts';

const PROGRAM: Program = {
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
};

t.test('commands are split without a shell', async (t) => {
  t.strictSame(splitArgs(' agent  --region\t/dev/zero '), ['agent', '--region', '/dev/zero']);
  t.strictSame(splitArgs(`'a b' "c 'd" e\\ f '' "\\""`), ['a b', "c 'd", 'e f', '', '"']);
  t.strictSame(splitArgs('$HOME *.c `x` ; |'), ['$HOME', '*.c', '`x`', ';', '|']);
  t.strictSame(splitArgs(`'a\\'`), ['a\\']);
  t.strictSame(splitArgs('  '), []);
  t.equal(splitArgs(`it's`), undefined);
  t.equal(splitArgs('a\\'), undefined);
});

t.test('a session with the C agent as a child process', async (t) => {
  const { path } = await buildAgent(join(tmpdir(), 'allocert-test-agents'));
  const adapter = await openTarget(`remote:exec:${path} --region /dev/zero`);
  t.teardown(() => adapter.close());
  const session = await adapter.open();
  t.equal(session.facts.kind, 'remote');
  t.equal(session.facts.regions[0]?.node, '/dev/zero');
  await session.begin('X/exec');
  const history = await session.run(PROGRAM);
  t.match(history.threads[0], [
    { outcome: 'returned' },
    { value: 4n, out: new Uint8Array(4) },
    { errno: 'EBADF' },
  ]);
  await session.close();
  const again = await adapter.open();
  t.equal(again.facts.pageSize, session.facts.pageSize, 'it can be opened again');
  await again.close();
});

t.test('a command that is no agent is one sentence with what it said', async (t) => {
  const bad: [string, RegExp][] = [
    ['/nowhere/agent', /no agent answers: \/nowhere\/agent cannot be started: .*ENOENT/],
    ['sh -c "echo no such board >&2; exit 9"', /sh ended \(exit status 9\).*no such board/],
    ['echo GET / HTTP/1.1', /does not speak the allocert protocol/],
  ];
  for (const [command, message] of bad) {
    const adapter = await openTarget(`remote:exec:${command}`);
    await t.rejects(adapter.open(), { exitCode: 3, message });
    await adapter.close();
  }
});

t.test('an agent that is killed: the case may be repeated once, then it is a death', async (t) => {
  const { path } = await buildAgent(join(tmpdir(), 'allocert-test-agents'));
  const folder = t.testdir({});
  const adapter = await openTarget(
    `remote:exec:sh -c 'echo $$ > ${folder}/pid; exec ${path} --region /dev/zero'`,
  );
  t.teardown(() => adapter.close());
  const killed = async (caseId: string): Promise<unknown> => {
    const session = await adapter.open();
    await session.begin(caseId);
    const sleeper = { op: 'sleep', microseconds: 60_000_000n } as const;
    const threads = [{ client: 'main', operations: [sleeper] }];
    const running = session.run({ deadlineMs: 60_000, threads }).catch((error: unknown) => error);
    process.kill(Number(readFileSync(`${folder}/pid`, 'utf8')), 'SIGKILL');
    const thrown = await running;
    await session.close();
    return thrown;
  };
  t.match(await killed('X/one'), { name: 'ConnectionLost', message: /ended \(SIGKILL\)/ });
  t.match(await killed('X/two'), { name: 'ConnectionLost' });
  t.match(await killed('X/one'), { name: 'TargetDeath', manner: 'crash', message: /SIGKILL/ });
});

t.test('a process that outlives the one that was started is not waited for', async (t) => {
  const pidFile = join(t.testdir({}), 'pid');
  const adapter = await openTarget(
    `remote:exec:sh -c 'sleep 1000 >/dev/null & echo $! > ${pidFile}; exit 7'`,
  );
  await t.rejects(adapter.open(), { exitCode: 3, message: /sh ended \(exit status 7\)/ });
  process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
});

t.test('URLs that name nothing are refused with what to write', async (t) => {
  const bad: [string, RegExp][] = [
    ['remote:', /names no transport/],
    ['remote:tcp:host:1', /every transport needs authentication/],
    ['remote:exec:', /names no command/],
    ["remote:exec:it's", /quote is not closed/],
    ['remote:unix:', /names no socket/],
    ['remote:tls:host:7400', /needs certificates/],
    ['remote:tls:host:0?ca=a&cert=b&key=c', /not HOST:PORT/],
    ['remote:tls:host?ca=a&cert=b&key=c', /not HOST:PORT/],
    ['remote:tls:h:1?ca=a&ca=b', / takes ca once; remove all but one$/],
    ['remote:ssh:-oProxyCommand=x:/dev/cma0', /names no host/],
    ['remote:ssh:a b:/dev/cma0', /names no host/],
    ['remote:ssh:user@-x:/dev/cma0', /names no host/],
    ['remote:ssh:board:/etc/passwd', /names no device/],
    ['remote:ssh:board:/dev/cma0?agent=-x', /agent= is the path/],
    ['remote:ssh:board:/dev/cma0?port=x', /port= is a number/],
    ['remote:ssh:board:/dev/cma0?shell=x', / has no parameter "shell"; it has agent, port$/],
  ];
  for (const [url, message] of bad) await t.rejects(openTarget(url), { exitCode: 2, message }, url);
});
