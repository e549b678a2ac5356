/** The client against agents that misbehave: each ends in one sentence or one named death. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import t from 'tap';
import type { Program, Session } from '../../../adapters/contract/index.ts';
import { Channel } from '../../../adapters/protocol/channel.ts';
import { type AgentOptions, connectAgent } from '../../../adapters/protocol/client.ts';
import { parseAgentFacts, targetFacts } from '../../../adapters/protocol/facts.ts';
import {
  encodeHello,
  encodeWireFrame,
  ownHello,
  WireFrameParser,
} from '../../../adapters/protocol/wire-frames.ts';

const FACTS = [
  'sysname=Linux',
  'release=6.1.0',
  'version=#1',
  'machine=x86_64',
  'page_size=4096',
  'pointer_bytes=8',
  'kernel_log=1',
  'taint=0',
  'capabilities=files,memory',
  'region.0=/dev/dma_heap/system',
].join('\n');

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const greet = (peer: Socket): void => {
  peer.write(encodeWireFrame('hello', encodeHello(ownHello())));
  peer.write(encodeWireFrame('facts', text(FACTS)));
};

const program: Program = {
  deadlineMs: 50,
  threads: [{ client: 'main', operations: [{ op: 'close', fd: 9n }] }],
};

/** Connects to a peer that does `behave` with its end of the stream. */
async function against(
  t: { teardown(action: () => unknown): unknown },
  behave: (peer: Socket) => void,
  helloTimeoutMs = 20_000,
  more: Pick<AgentOptions, 'hasComplained' | 'silenceIsForced'> = {},
): Promise<Session> {
  const server = createServer(behave);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  return connectAgent(connect(port, '127.0.0.1'), {
    ...more,
    helloTimeoutMs,
    describe: (agent) => targetFacts('remote', agent, {}),
    lastWords: async () => ({ message: '', log: ['the last line'] }),
    onClose: async () => {},
  });
}

t.test('an agent of another version is refused with what to do', async (t) => {
  const other = { ...ownHello(), digest: 1n };
  const session = against(t, (peer) => peer.write(encodeWireFrame('hello', encodeHello(other))));
  await t.rejects(session, { exitCode: 3, message: /build the agent from the same version/ });
});

t.test('a peer that is silent, gone, or no agent is one sentence', async (t) => {
  await t.rejects(
    against(t, () => {}, 50),
    { exitCode: 3, message: /no agent answers: nothing came for 50 ms/ },
  );
  await t.rejects(
    against(t, (peer) => peer.destroy()),
    { exitCode: 3, message: /no agent answers/ },
  );
  await t.rejects(
    against(t, (peer) => peer.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
    { exitCode: 3, message: /does not speak the allocert protocol/ },
  );
  await t.rejects(
    against(t, (peer) => peer.write(encodeWireFrame('refusal', text('no module fits')))),
    { exitCode: 3, message: /the agent refuses: no module fits/ },
  );
});

t.test('a region that the machine does not have is a sentence', async (t) => {
  const agent = parseAgentFacts(text(`${FACTS}\nregion.0.error=ENOENT`));
  t.throws(() => targetFacts('remote', agent, {}), {
    exitCode: 3,
    message: /the target has no \/dev\/dma_heap\/system \(ENOENT\)/,
  });
});

t.test('an agent that dies while a Program runs is a crash with its last words', async (t) => {
  const session = await against(t, (peer) => {
    greet(peer);
    peer.on('data', (chunk: Buffer) => {
      if (chunk.includes('ACPR')) peer.destroy();
      else if (chunk.includes('X/case')) peer.write(encodeWireFrame('begun', new Uint8Array(0)));
    });
  });
  await session.begin('X/case');
  await t.rejects(session.run(program), {
    name: 'TargetDeath',
    manner: 'crash',
    log: ['the last line'],
  });
  await session.close();
});

t.test('facts say what a region is by its node and by what memory there is', async (t) => {
  const of = (more: string): object | undefined =>
    targetFacts('remote', parseAgentFacts(text(`${FACTS}\n${more}`)), {}).regions[0];
  t.match(of(''), { abi: 'dma-heap', bounded: false, gauge: 'MemFree' });
  const cma = 'region.0=/dev/cma0\nmeminfo.CmaTotal=65536';
  t.match(of(cma), { abi: 'simple-allocator', bounded: true, gauge: 'CmaFree' });
  t.match(of('region.0=/dev/cma0'), { bounded: false }, 'no CMA: it would hand out all memory');
  t.notOk('abi' in (of('region.0=/dev/vendor') ?? {}), 'nothing says what that speaks');
});

/** A peer that answers a begin, and a Program as told. */
const answering =
  (toBegin: readonly Uint8Array[], toRun: readonly Uint8Array[] = []) =>
  (peer: Socket): void => {
    greet(peer);
    const parser = new WireFrameParser();
    peer.on('data', (chunk: Uint8Array) => {
      for (const { type } of parser.push(chunk)) {
        const answers = type === 'begin' ? toBegin : type === 'run' ? toRun : [];
        for (const bytes of answers) peer.write(bytes);
      }
    });
  };

const begun = encodeWireFrame('begun', new Uint8Array(0));
const executing = encodeWireFrame('executing', new Uint8Array(0));
const stuck = encodeWireFrame(
  'death',
  text('{"manner":"hang","message":"client 1 does not die: process 41 is stuck","log":[]}'),
);

t.test('a client that is stuck is a hang of its case, and of no later one', async (t) => {
  const session = await against(t, answering([begun], [executing, stuck]));
  await session.begin('A/case');
  await t.rejects(session.run(program), {
    name: 'TargetDeath',
    manner: 'hang',
    forced: false,
    message: /process 41 is stuck/,
    log: ['the last line'],
  });
  await session.close();
  const next = await against(t, answering([stuck]));
  await t.rejects(next.begin('A/next'), { name: 'ConnectionLost', message: /process 41 is stuck/ });
  await next.close();
});

t.test('an agent of this machine that is stopped accuses no target', async (t) => {
  const forced = { silenceIsForced: true } as const;
  const session = await against(t, answering([begun], [executing]), 20_000, forced);
  await session.begin('A/case');
  await t.rejects(session.run(program), { name: 'TargetDeath', manner: 'hang', forced: true });
  await session.close();
});

t.test('silence behind a complaint of the kernel is waited for less long', async (t) => {
  const stricken = { hasComplained: () => true } as const;
  const session = await against(t, answering([begun], [executing]), 20_000, stricken);
  await session.begin('A/case');
  const silent = { manner: 'hang', message: 'nothing came for 5000 ms' };
  await t.rejects(session.run(program), silent);
  await session.close();
});

t.test('an agent that says for ever that it still runs is a hang', async (t) => {
  const many = Buffer.concat(Array.from({ length: 4096 }, () => executing));
  const session = await against(t, (peer) => {
    const flood = (): void => {
      if (peer.writable) peer.write(many, () => setImmediate(flood));
    };
    peer.on('error', () => peer.destroy());
    answering([begun])(peer);
    const parser = new WireFrameParser();
    peer.on('data', (chunk: Uint8Array) => {
      if (parser.push(chunk).some(({ type }) => type === 'run')) flood();
    });
  });
  await session.begin('A/case');
  await t.rejects(session.run({ ...program, deadlineMs: 1 }), {
    name: 'TargetDeath',
    manner: 'hang',
    message: /no answer came for/,
  });
  await session.close();
});

t.test('a peer that ended before it was listened to is lost at once', async (t) => {
  const ended = new PassThrough();
  ended.end();
  ended.resume();
  await once(ended, 'close');
  const channel = new Channel(ended);
  await t.rejects(channel.receive(2 ** 31 - 1), { message: 'the peer ended the connection' });
});

/** Begins and Programs of which a peer has been told, and its way to answer the first of them. */
interface Waiting {
  readonly asked: string[];
  readonly peer: Socket;
}

/** A peer that answers nothing by itself. */
async function waitingPeer(t: {
  teardown(action: () => unknown): unknown;
}): Promise<{ session: Session; waiting: Waiting; reach(count: number): Promise<void> }> {
  const asked: string[] = [];
  const parser = new WireFrameParser();
  let heard = (): void => {};
  let there: (peer: Socket) => void = () => {};
  const peer = new Promise<Socket>((resolve) => {
    there = resolve;
  });
  const session = await against(t, (socket) => {
    greet(socket);
    there(socket);
    socket.on('data', (chunk: Buffer) => {
      asked.push(...parser.push(chunk).map(({ type }) => type));
      heard();
    });
  });
  const reach = async (count: number): Promise<void> => {
    while (asked.length < count) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
  return { session, waiting: { asked, peer: await peer }, reach };
}

t.test('a case is handed over whole, and the next one before it is answered', async (t) => {
  const { session, waiting, reach } = await waitingPeer(t);
  const first = session.runCase?.('X/first', [program, program]);
  const second = session.runCase?.('X/second', [program]);
  await reach(6);
  t.strictSame(waiting.asked, ['hello', 'begin', 'run', 'run', 'begin', 'run']);
  waiting.peer.destroy();
  await t.rejects(async () => void (await first), { name: 'TargetDeath', manner: 'crash' });
  await t.rejects(
    async () => void (await second),
    { name: 'ConnectionLost', message: /in the case before/ },
    'it accuses nobody: it never began',
  );
  await session.close();
});
