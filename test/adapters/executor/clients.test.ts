import t from 'tap';
import { type Result, wordOf } from '../../../adapters/contract/history.ts';
import { O_CLOEXEC } from '../../../adapters/contract/linux.ts';
import type { Operation, Program } from '../../../adapters/contract/program.ts';
import { AgentProcess, EMULATED } from './agent-process.ts';
import { NAMESPACES_SKIP } from './namespaces.ts';

const NULL_FILE = { op: 'open', file: '/dev/null', flags: 2n } as const;
const SHARED_ANONYMOUS = 0x21n;
/** Who shows them to clients, and who has them looked up, is root with all privileges. */
const FRAMES = { skip: EMULATED ? 'the frames are the emulator’s' : NAMESPACES_SKIP };
const words = (results: readonly Result[] | undefined): string[] => (results ?? []).map(wordOf);

t.test('fork, kill, wait and exec', async (t) => {
  const agent = await AgentProcess.ready();
  t.teardown(() => agent.stop());
  if (agent.forkSkip !== false) return t.plan(0, agent.forkSkip);

  t.test(
    'a child has copies of descriptors and mappings, and is named in the next Program',
    async (t) => {
      const [, , , fork] = await agent.run([
        { op: 'memfd', length: 4096n, slot: 'file' },
        { op: 'mmap', length: 4096n, protection: 3n, flags: 1n, fd: { slot: 'file' }, slot: 'at' },
        { op: 'store', address: { slot: 'at' }, length: 1n, bytes: Uint8Array.of(42) },
        { op: 'fork', client: 'child', sacrificial: 1n },
      ]);
      t.ok((fork?.value ?? 0n) > 0n);
      const child = await agent.run(
        [
          { op: 'load', address: { slot: 'at' }, length: 1n },
          { op: 'close', fd: { slot: 'file' } },
          { op: 'readfile', document: '/proc/self/status' },
        ],
        'child',
      );
      t.strictSame([...(child[0]?.out ?? [])], [42]);
      t.match(
        Buffer.from(child[2]?.out ?? []).toString(),
        new RegExp(`\\nPid:\\t${fork?.value}\\n`),
      );
      const parent = await agent.run([
        { op: 'fork', client: 'child' },
        { op: 'fstat', fd: { slot: 'file' } },
        { op: 'kill', client: 'child', signal: 15n },
        { op: 'wait', client: 'child' },
        { op: 'kill', client: 'child', signal: 0n },
        { op: 'wait', client: 'nobody' },
      ]);
      t.strictSame(words(parent), ['EEXIST', 'ok', 'ok', 'ok', 'ESRCH', 'ECHILD']);
      t.equal(parent[3]?.value, 15n);
    },
  );

  t.test('exit ends a client: what follows is not run, the wait status tells', async (t) => {
    await agent.begin();
    await agent.run([{ op: 'fork', client: 'child' }]);
    const history = await agent.program({
      deadlineMs: 20_000,
      threads: [
        { client: 'child', operations: [NULL_FILE, { op: 'exit', status: 3n }, NULL_FILE] },
        { client: 'main', operations: [{ op: 'wait', client: 'child' }] },
      ],
    });
    t.strictSame(words(history.threads[0]), ['ok', 'ok', 'not-run']);
    t.equal(history.threads[1]?.[0]?.value, 768n);
    t.strictSame(history.deaths, [{ client: 'child', status: 3, reason: 'own' }]);
    t.strictSame(words(await agent.run([NULL_FILE], 'child')), ['not-run']);
  });

  t.test('fork, kill and wait many times in one repeat', async (t) => {
    await agent.begin();
    const history = await agent.program({
      deadlineMs: 20_000,
      threads: [
        {
          client: 'main',
          operations: [
            {
              op: 'repeat',
              times: 50n,
              stop: 'failure',
              body: [
                { op: 'fork', client: 'child' },
                { op: 'kill', client: 'child', signal: 9n },
                { op: 'wait', client: 'child' },
              ],
            },
          ],
        },
      ],
    });
    t.equal(history.threads[0]?.[0]?.value, 50n);
    t.equal(history.deaths.length, 50);
    t.strictSame(history.deaths[49], { client: 'child', signal: 'SIGKILL', reason: 'own' });
  });

  t.test('exec keeps descriptors, but not those with FD_CLOEXEC', async (t) => {
    await agent.begin();
    const results = await agent.run([
      { ...NULL_FILE, slot: 'kept' },
      { ...NULL_FILE, flags: O_CLOEXEC, slot: 'lost' },
      {
        op: 'repeat',
        times: 3n,
        stop: 'failure',
        body: [{ op: 'exec' }, { op: 'fstat', fd: { slot: 'kept' } }],
      },
      { op: 'fstat', fd: { slot: 'kept' } },
      { op: 'fstat', fd: { slot: 'lost' } },
      { op: 'descriptors' },
    ]);
    t.strictSame(words(results).slice(2), ['ok', 'ok', 'EBADF', 'ok']);
    t.equal(results[2]?.value, 3n);
    t.equal(results[5]?.value, 4n);
    t.strictSame(words(await agent.run([NULL_FILE])), ['ok'], 'the client goes on afterwards');
  });

  const skip = process.getuid?.() === 0 ? false : 'only root can give up its user id';
  t.test('exec after giving up the user id, at the descriptor limit', { skip }, async (t) => {
    await agent.begin();
    const results = await agent.run([
      { op: 'setuid', uid: 65534n },
      { op: 'setrlimit', resource: 7n, soft: 3n },
      { op: 'exec' },
      { op: 'descriptors' },
      { op: 'setuid', uid: 0n },
      NULL_FILE,
      { op: 'exec' },
    ]);
    t.strictSame(words(results), ['ok', 'ok', 'ok', 'ok', 'EPERM', 'EMFILE', 'ok']);
    t.equal(results[3]?.value, 3n);
  });

  t.end();
});

t.test('time', async (t) => {
  const agent = await AgentProcess.ready();
  t.teardown(() => agent.stop());
  const skip = agent.forkSkip;

  t.test('a deadline ends a client: lost, then not run', async (t) => {
    const history = await agent.program({
      deadlineMs: 100,
      threads: [
        {
          client: 'main',
          operations: [NULL_FILE, { op: 'sleep', microseconds: 60_000_000n }, NULL_FILE],
        },
      ],
    });
    t.strictSame(words(history.threads[0]), ['ok', 'lost', 'not-run']);
    t.equal(history.deadlineHit, true);
    t.strictSame(history.deaths, [{ client: 'main', signal: 'SIGKILL', reason: 'deadline' }]);
    t.equal(history.threads[0]?.[1]?.return, undefined);
    t.ok((history.threads[0]?.[1]?.call ?? 0n) > 0n);
    t.strictSame(words(await agent.run([NULL_FILE])), ['not-run'], 'until the next begin');
    await agent.begin();
    t.strictSame(words(await agent.run([NULL_FILE])), ['ok']);
  });

  t.test('a repeat that was lost still tells what it had done', async (t) => {
    await agent.begin();
    const history = await agent.program({
      deadlineMs: 100,
      threads: [
        {
          client: 'main',
          operations: [
            {
              op: 'repeat',
              times: 4n,
              stop: 'never',
              body: [
                { op: 'close', fd: 99n },
                { op: 'poll', fd: 99n, events: 1n, timeoutMs: 0n },
                { op: 'barrier', parties: 2n },
              ],
            },
          ],
        },
      ],
    });
    const [repeat] = history.threads[0] ?? [];
    t.equal(repeat?.outcome, 'lost');
    t.strictSame(
      repeat?.steps?.map((step) => step.failures),
      [{ EBADF: 1n }, {}, { lost: 1n }],
    );
  });

  t.test('calls that come back start the deadline anew', async (t) => {
    await agent.begin();
    const program = (times: bigint): Program => ({
      deadlineMs: 300,
      threads: [
        {
          client: 'main',
          operations: [
            {
              op: 'repeat',
              times,
              stop: 'never',
              body: [{ op: 'sleep', microseconds: 50_000n }],
            },
          ],
        },
      ],
    });
    const long = await agent.program(program(20n));
    t.equal(long.deadlineHit, false, 'a second of short calls is no hang');
    t.equal(long.threads[0]?.[0]?.value, 20n);
    const endless = await agent.program(program(1_000_000n));
    t.match(endless, { deadlineHit: true, progressing: true }, 'it ends, and says why');
    t.equal(endless.threads[0]?.[0]?.outcome, 'lost');
    await agent.begin();
    const hung: Program = {
      deadlineMs: 300,
      threads: [{ client: 'main', operations: [NULL_FILE, { op: 'barrier', parties: 2n }] }],
    };
    const { deadlineHit, progressing } = await agent.program(hung);
    t.strictSame([deadlineHit, progressing], [true, undefined], 'one call that does not return');
  });

  t.test('threads of one client and of two meet at barriers', { skip }, async (t) => {
    await agent.begin();
    await agent.run([{ op: 'fork', client: 'other' }]);
    const meet = {
      op: 'repeat',
      times: 500n,
      stop: 'failure',
      body: [{ op: 'barrier', parties: 3n }],
    } as const;
    const history = await agent.program({
      deadlineMs: 20_000,
      threads: [
        { client: 'main', operations: [meet, NULL_FILE] },
        { client: 'main', operations: [meet, NULL_FILE] },
        { client: 'other', operations: [meet, NULL_FILE] },
      ],
    });
    t.strictSame(
      history.threads.map((thread) => thread[0]?.value),
      [500n, 500n, 500n],
    );
    const mine = history.threads.slice(0, 2).map((thread) => thread[1]?.value);
    t.strictSame(mine.toSorted(), [3n, 4n]);
    t.equal(history.threads[2]?.[1]?.value, 3n);
    t.strictSame(history.deaths, []);
  });

  t.test('a thread forks, and its child runs threads of its own', { skip }, async (t) => {
    await agent.begin();
    const sleeper = { client: 'main', operations: [{ op: 'sleep', microseconds: 1000n }] } as const;
    await agent.program({
      deadlineMs: 20_000,
      threads: [sleeper, { client: 'main', operations: [{ op: 'fork', client: 'child' }] }],
    });
    const history = await agent.program({
      deadlineMs: 20_000,
      threads: [
        { client: 'child', operations: [{ op: 'barrier', parties: 2n }, NULL_FILE] },
        { client: 'child', operations: [{ op: 'barrier', parties: 2n }, NULL_FILE] },
      ],
    });
    t.strictSame(history.threads.map(words), [
      ['ok', 'ok'],
      ['ok', 'ok'],
    ]);
  });

  t.test('an interval timer interrupts calls, also after exec', { skip }, async (t) => {
    await agent.begin();
    const results = await agent.run([
      { op: 'itimer', intervalUs: 2000n },
      { op: 'sleep', microseconds: 10_000_000n },
      { op: 'exec' },
      { op: 'sleep', microseconds: 10_000_000n },
      { op: 'itimer', intervalUs: 0n },
      { op: 'sleep', microseconds: 10_000n },
    ]);
    t.strictSame(words(results), ['ok', 'EINTR', 'ok', 'EINTR', 'ok', 'ok']);
    t.ok((results[0]?.call ?? 0n) <= (results[0]?.return ?? 0n));
    t.ok((results[0]?.return ?? 0n) <= (results[1]?.call ?? 0n));
  });

  t.test('page frames are found, also for clients that are shown none', FRAMES, async (t) => {
    await agent.begin();
    const look: Operation = { op: 'frames', address: { slot: 'at' }, length: 8192n };
    const [, , mine] = await agent.run([
      { op: 'mmap', length: 8192n, protection: 3n, flags: SHARED_ANONYMOUS, fd: -1n, slot: 'at' },
      { op: 'fork', client: 'child' },
      look,
    ]);
    const [childs, , again] = await agent.run(
      [look, { op: 'fork', client: 'grandchild' }, look],
      'child',
    );
    t.equal(mine?.value, 2n);
    const frames = new BigUint64Array(Uint8Array.from(mine?.out ?? []).buffer);
    t.equal(frames.length, 2);
    t.ok(frames.every((frame) => frame > 0n));
    t.not(frames[0], frames[1]);
    t.strictSame(childs?.out, mine?.out, 'shared memory has the same ones everywhere');
    t.strictSame(again?.out, mine?.out);
  });

  t.end();
});
