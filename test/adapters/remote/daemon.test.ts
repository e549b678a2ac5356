/** The daemon against peers that misbehave: each is dropped with one line and harms nobody else. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { encodeProgram } from '../../../adapters/contract/codec/encode-program.ts';
import {
  type Adapter,
  ConnectionLost,
  type Program,
  type Session,
  TargetDeath,
} from '../../../adapters/contract/index.ts';
import { NameTable } from '../../../adapters/contract/names.ts';
import { openTarget } from '../../../adapters/open-target.ts';
import { Channel } from '../../../adapters/protocol/channel.ts';
import { encodeHello, encodeWireFrame, ownHello } from '../../../adapters/protocol/wire-frames.ts';
import { Daemon } from '../../../adapters/remote/daemon.ts';
import { DAEMON_TIMEOUTS, type DaemonTimeouts } from '../../../adapters/remote/serve-client.ts';
import { listenUnix } from '../../../adapters/remote/unix.ts';

interface Running {
  readonly path: string;
  readonly events: string[];
  /** Resolves with the first event that fits. */
  heard(pattern: RegExp): Promise<string>;
}

interface How {
  readonly open?: () => Promise<Adapter>;
  readonly timeouts?: Partial<DaemonTimeouts>;
}

async function daemonOf(t: Test, { open, timeouts }: How = {}): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-daemon-'));
  const path = join(folder, 'socket');
  const events: string[] = [];
  let wake = (): void => {};
  const daemon = new Daemon({
    openTarget: open ?? (() => openTarget('sim:')),
    onEvent: (event) => {
      events.push(event);
      wake();
    },
    timeouts: { ...DAEMON_TIMEOUTS, ...timeouts },
  });
  const listener = await listenUnix(path, (socket) => daemon.accept(socket), console.error);
  t.teardown(async () => {
    const closed = listener.close();
    await daemon.close();
    await closed;
    rmSync(folder, { recursive: true });
  });
  const heard = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = events.find((event) => pattern.test(event));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { path, events, heard };
}

const HELLO = encodeWireFrame('hello', encodeHello(ownHello()));
const PROGRAM: Program = {
  deadlineMs: 1000,
  threads: [{ client: 'main', operations: [{ op: 'open', file: 'region:0', flags: 2n }] }],
};
const RUN = encodeWireFrame('run', encodeProgram(PROGRAM, new NameTable()));
const BEGIN = encodeWireFrame('begin', new TextEncoder().encode('X/case'));

/** A session of a well-behaved client. */
async function clientOf(t: Test, path: string): Promise<Session> {
  const adapter = await openTarget(`remote:unix:${path}`);
  t.teardown(() => adapter.close());
  return adapter.open();
}

async function works(t: Test, session: Session): Promise<void> {
  await session.begin('X/works');
  const history = await session.run(PROGRAM);
  t.equal(history.threads[0]?.[0]?.outcome, 'returned', 'another client is served all the same');
}

/** Bytes that nobody should send, and what is said of whoever does. */
const BAD: readonly [string, readonly Uint8Array[], RegExp][] = [
  ['garbage', [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')], /does not speak the allocert/],
  ['a huge length', [Uint8Array.of(255, 255, 255, 255, 1, 0, 0, 0)], /does not speak/],
  ['a long first frame', [Uint8Array.of(0, 0, 1, 0, 1, 0, 0, 0)], /does not speak/],
  ['an unknown type', [Uint8Array.of(0, 0, 0, 0, 99, 0, 0, 0)], /does not speak/],
  ['no hello', [BEGIN], /did not start with a hello/],
  [
    'another table',
    [encodeWireFrame('hello', encodeHello({ ...ownHello(), digest: 1n }))],
    /different versions/,
  ],
  ['a hello that is none', [encodeWireFrame('hello', new Uint8Array(16))], /does not speak/],
  ['a second hello', [HELLO, HELLO], /sent hello, which a daemon does not expect/],
  ['a Program before any case', [HELLO, RUN], /before any begin/],
  ['not a Program', [HELLO, BEGIN, encodeWireFrame('run', new Uint8Array(40))], /not a Program/],
  ['no names', [HELLO, BEGIN, encodeWireFrame('names', Buffer.from('{]'))], /malformed/],
  ['a long case', [HELLO, encodeWireFrame('begin', new Uint8Array(1025))], /longer than 1024/],
  ['a History', [HELLO, encodeWireFrame('history', new Uint8Array(0))], /sent history/],
];

t.test('each peer that misbehaves is dropped with one line', async (t) => {
  const { path, heard, events } = await daemonOf(t);
  const other = await clientOf(t, path);
  let number = 1;
  for (const [name, parts, sentence] of BAD) {
    number += 1;
    const peer = connect(path);
    peer.resume();
    peer.on('error', () => peer.destroy());
    for (const part of parts) peer.write(part);
    t.match(await heard(new RegExp(`^client ${number} (was|has)`)), sentence, name);
    if (!peer.closed) await once(peer, 'close');
  }
  await works(t, other);
  t.equal(events.length, 1 + 2 * BAD.length, 'one line when it came, one when it was dropped');
});

t.test('a peer that is silent, or stops in the middle, is dropped in time', async (t) => {
  const { path, heard } = await daemonOf(t, { timeouts: { helloMs: 40, idleMs: 60 } });
  const silent = connect(path);
  t.match(await heard(/^client 1 was/), /nothing came for 40 ms/);
  const half = connect(path);
  half.write(HELLO.subarray(0, 11));
  t.match(await heard(/^client 2 was/), /nothing came for 40 ms/);
  const stuck = connect(path);
  stuck.resume();
  stuck.write(HELLO);
  stuck.write(RUN.subarray(0, 20));
  t.match(await heard(/^client 3 was/), /nothing came for 60 ms/);
  for (const peer of [silent, half, stuck]) peer.destroy();
});

t.test('whatever comes in the place of a session, serving it ends and says how', async (t) => {
  const { path, heard } = await daemonOf(t);
  const session = Buffer.concat([HELLO, BEGIN, RUN, BEGIN, RUN]);
  const edits = fc.array(fc.tuple(fc.nat(session.length - 1), fc.nat(255)), { maxLength: 6 });
  let client = 0;
  await fc.assert(
    fc.asyncProperty(edits, fc.nat(session.length), async (changes, length) => {
      const bytes = Buffer.from(session);
      for (const [at, value] of changes) bytes[at] = value;
      client += 1;
      const peer = connect(path);
      peer.on('error', () => peer.destroy());
      peer.resume().end(bytes.subarray(0, length));
      await heard(new RegExp(`^client ${client} (was dropped: .|has left)`));
    }),
    { numRuns: 200 },
  );
  await works(t, await clientOf(t, path));
});

t.test('a peer that takes no answers is dropped, and fills no memory meanwhile', async (t) => {
  const { path, heard } = await daemonOf(t, { timeouts: { idleMs: 200 } });
  const greedy: Socket = connect(path);
  greedy.pause();
  greedy.write(HELLO);
  greedy.write(BEGIN);
  const many = Buffer.concat(Array.from({ length: 2000 }, () => RUN));
  for (let round = 0; round < 5; round += 1) greedy.write(many);
  t.match(await heard(/^client 1 was/), /the peer took nothing|nothing came/);
  greedy.destroy();
});

t.test('a client that is gone in the middle of a Program is forgotten', async (t) => {
  const { path, heard } = await daemonOf(t);
  const peer = connect(path);
  peer.write(Buffer.concat([HELLO, BEGIN, RUN]));
  await once(peer, 'data');
  peer.destroy();
  t.match(await heard(/^client 1 was/), /ECONNRESET|EPIPE|ended the connection|closed/);
  await works(t, await clientOf(t, path));
});

/** A target of which one session may be open at a time, and which does what it is told. */
function oneAtATime(run: Session['run'] = () => Promise.reject(new Error('unused'))): {
  open: () => Promise<Adapter>;
  most: () => number;
} {
  let now = 0;
  let most = 0;
  const open = async (): Promise<Adapter> => {
    const inner = await openTarget('sim:');
    return {
      url: 'test:',
      open: async () => {
        now += 1;
        most = Math.max(most, now);
        const session = await inner.open();
        const close = async (): Promise<void> => {
          now -= 1;
        };
        return { facts: session.facts, begin: async () => {}, run, close };
      },
      close: () => inner.close(),
    };
  };
  return { open, most: () => most };
}

t.test('a target that serves one at a time serves one after another', async (t) => {
  const target = oneAtATime();
  const { path, events, heard } = await daemonOf(t, { open: target.open });
  const first = await clientOf(t, path);
  const second = clientOf(t, path);
  const third = clientOf(t, path);
  await heard(/^client 3 is here/);
  t.equal(target.most(), 1);
  await first.close();
  await (await second).close();
  await (await third).close();
  t.equal(target.most(), 1);
  t.strictSame(
    events.filter((event) => /dropped/.test(event)),
    [],
  );
});

t.test('who waits too long for a turn is told so, and lets the next one pass', async (t) => {
  const { open } = oneAtATime();
  const { path } = await daemonOf(t, { open, timeouts: { turnMs: 30 } });
  const first = await clientOf(t, path);
  await t.rejects(clientOf(t, path), { exitCode: 3, message: /serves another client; come back/ });
  await first.close();
  await (await clientOf(t, path)).close();
});

t.test('what becomes of the target reaches the client as what it is', async (t) => {
  const ends: [Error, Record<string, unknown>][] = [
    [
      new TargetDeath('crash', 'Oops', ['a line']),
      { name: 'TargetDeath', manner: 'crash', message: 'Oops', log: ['a line'] },
    ],
    [new TargetDeath('hang', 'silent'), { name: 'TargetDeath', manner: 'hang', log: [] }],
    [new ConnectionLost('no way'), { name: 'ConnectionLost' }],
    [new RangeError('no sense'), { name: 'AllocertError', message: /refuses: no sense/ }],
    [
      new TypeError('x is not a function'),
      { name: 'AllocertError', message: /a bug in allocert: x is not/ },
    ],
  ];
  for (const [thrown, expected] of ends) {
    const { open } = oneAtATime(() => Promise.reject(thrown));
    const { path } = await daemonOf(t, { open });
    const session = await clientOf(t, path);
    await session.begin('X/end');
    const caught: unknown = await session.run(PROGRAM).catch((error: unknown) => error);
    t.match(caught, expected);
    await session.close();
  }
});

t.test('a History that the target cannot have meant is not passed on', async (t) => {
  const { open } = oneAtATime(async () => ({
    threads: [],
    deaths: [],
    log: [],
    deadlineHit: false,
  }));
  const { path } = await daemonOf(t, { open });
  const session = await clientOf(t, path);
  await session.begin('X/odd');
  await t.rejects(session.run(PROGRAM), { exitCode: 3, message: /one result an operation/ });
});

t.test('a daemon that stops drops its clients', async (t) => {
  const daemon = new Daemon({ openTarget: () => openTarget('sim:'), onEvent: () => {} });
  const folder = mkdtempSync(join(tmpdir(), 'allocert-daemon-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'socket');
  const listener = await listenUnix(path, (socket) => daemon.accept(socket), console.error);
  const session = await clientOf(t, path);
  const closed = listener.close();
  await daemon.close();
  await closed;
  await t.rejects(session.begin('X/late'), { name: 'ConnectionLost' });
});

t.test('a stream of frames that nobody asks for has to wait', async (t) => {
  const { path } = await daemonOf(t);
  const socket = connect(path);
  const channel = new Channel(socket);
  channel.send('hello', encodeHello(ownHello()));
  t.equal((await channel.receive(5000)).type, 'hello');
  t.equal((await channel.receive(5000)).type, 'facts');
  socket.emit('data', Buffer.concat(Array.from({ length: 20_000 }, () => RUN)));
  t.ok(socket.isPaused(), 'nothing more is read');
  for (let frame = 0; frame < 20_000; frame += 1) await channel.receive(5000);
  t.notOk(socket.isPaused(), 'until what came was taken');
  channel.destroy();
});
