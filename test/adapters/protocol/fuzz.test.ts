/** A client whose peer sends anything: every wait ends, and no error is a stranger. */
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import t from 'tap';
import { encodeHistory } from '../../../adapters/contract/codec/encode-history.ts';
import {
  AllocertError,
  ConnectionLost,
  type History,
  type Program,
  TargetDeath,
} from '../../../adapters/contract/index.ts';
import { NameTable } from '../../../adapters/contract/names.ts';
import { connectAgent } from '../../../adapters/protocol/client.ts';
import { encodeDeath } from '../../../adapters/protocol/encode-death.ts';
import { encodeServedFacts } from '../../../adapters/protocol/served-facts.ts';
import { encodeHello, encodeWireFrame, ownHello } from '../../../adapters/protocol/wire-frames.ts';
import { openSimulator } from '../../../adapters/simulator/adapter.ts';

const PROGRAM: Program = {
  deadlineMs: 1000,
  threads: [
    {
      client: 'main',
      operations: [
        { op: 'open', file: 'region:0', flags: 2n, slot: 'fd' },
        { op: 'repeat', times: 3n, stop: 'never', body: [{ op: 'dup', fd: { slot: 'fd' } }] },
        { op: 'fstat', fd: { slot: 'fd' } },
      ],
    },
  ],
};

/** What an honest daemon sends in one session. */
async function honest(): Promise<{ parts: Uint8Array[]; history: History }> {
  const session = await openSimulator('sim:').open();
  await session.begin('X/fuzz');
  const history = await session.run(PROGRAM);
  const names = new NameTable();
  const parts = [
    encodeWireFrame('hello', encodeHello(ownHello())),
    encodeWireFrame('facts', encodeServedFacts(session.facts)),
    encodeWireFrame('begun', new Uint8Array(0)),
    encodeWireFrame('executing', new Uint8Array(0)),
    encodeWireFrame(
      'history',
      encodeHistory(history, PROGRAM, (name) => names.client(name)),
    ),
  ];
  return { parts, history };
}

/** What a session comes to whose peer sends those bytes and no more. */
async function outcomeOf(bytes: Uint8Array): Promise<unknown> {
  const stream = new Duplex({
    read() {
      this.push(bytes);
      this.push(null);
    },
    write(_chunk, _encoding, done) {
      done();
    },
  });
  try {
    const session = await connectAgent(stream, {
      describe: () => {
        throw new RangeError('an agent speaks where a daemon was');
      },
      lastWords: async () => ({ message: '', log: [] }),
      onClose: async () => {},
      losses: new Set(),
    });
    await session.begin('X/fuzz');
    return await session.run(PROGRAM);
  } catch (thrown) {
    return thrown;
  }
}

t.test('an honest stream is a History, and every cut of it a loss', async (t) => {
  const { parts, history } = await honest();
  const whole = Buffer.concat(parts);
  t.match(await outcomeOf(whole), {
    threads: [history.threads[0]?.map(({ value }) => ({ value }))],
  });
  const greeting = (parts[0]?.length ?? 0) + (parts[1]?.length ?? 0);
  for (let length = 0; length < whole.length; length += 1) {
    const outcome = await outcomeOf(whole.subarray(0, length));
    const expected = length < greeting ? AllocertError : ConnectionLost;
    if (!(outcome instanceof expected)) t.fail(`cut after ${length}: ${String(outcome)}`);
  }
  t.ok(whole.length > 500, `${whole.length} bytes`);
});

t.test('a stream with other bytes in it is a History or an error that callers know', async (t) => {
  const { parts } = await honest();
  const whole = Buffer.concat(parts);
  const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 5 });
  const kinds = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(edits, async (changes) => {
      const bytes = Buffer.from(whole);
      for (const [at, value] of changes) bytes[at] = value;
      const outcome = await outcomeOf(bytes);
      const known =
        outcome instanceof AllocertError ||
        outcome instanceof ConnectionLost ||
        outcome instanceof TargetDeath;
      if (outcome instanceof Error && !known) throw outcome;
      const kind = outcome instanceof Error ? outcome.name : 'History';
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }),
    { numRuns: 1000 },
  );
  t.ok((kinds.get('AllocertError') ?? 0) > 10, 'a greeting that makes no sense');
  t.ok((kinds.get('ConnectionLost') ?? 0) > 10, 'an answer that makes no sense');
});

t.test('frames in another order are never answers', async (t) => {
  const { parts } = await honest();
  const [hello, facts, ...answers] = parts as [Uint8Array, Uint8Array, ...Uint8Array[]];
  const [begun, executing, history] = answers as [Uint8Array, Uint8Array, Uint8Array];
  const orders = [
    [begun, history],
    [begun, history, executing],
    [executing, begun, history],
    [executing, begun, executing, history],
    [begun, executing, begun, history],
    [history],
  ];
  for (const order of orders) {
    const outcome = await outcomeOf(Buffer.concat([hello, facts, ...order]));
    t.ok(outcome instanceof ConnectionLost, String(outcome));
  }
  const long = await outcomeOf(
    Buffer.concat([hello, facts, begun, executing, executing, executing, history]),
  );
  t.notOk(long instanceof Error, 'a peer may say more than once that it still runs');
  const death = encodeWireFrame('death', encodeDeath(new TargetDeath('hang', 'stuck', ['why'])));
  const died = await outcomeOf(Buffer.concat([hello, facts, begun, executing, death]));
  t.match(died, { name: 'TargetDeath', manner: 'hang', message: 'stuck', log: ['why'] });
  for (const text of ['', '{}', 'null', '{"manner":"odd","message":"","log":[]}']) {
    const odd = encodeWireFrame('death', Buffer.from(text));
    const outcome = await outcomeOf(Buffer.concat([hello, facts, begun, executing, odd]));
    t.ok(outcome instanceof ConnectionLost, 'a death that makes no sense accuses nobody');
  }
});

t.test('facts that make no sense are one sentence', async (t) => {
  const { parts } = await honest();
  const sound = JSON.parse(/target=(.*)/.exec(Buffer.from(parts[1] ?? []).toString())?.[1] ?? '');
  const bad: object[] = [
    [],
    { ...sound, pageSize: 0 },
    { ...sound, pageSize: '4096' },
    { ...sound, details: { n: 1 } },
    { ...sound, capabilities: 'files' },
    { ...sound, kernel: {} },
    { ...sound, regions: [{ ...sound.regions[0], sizeBytes: 12 }] },
    { ...sound, regions: [{ ...sound.regions[0], sizeBytes: 'many' }] },
    { ...sound, regions: [{ ...sound.regions[0], bounded: 1 }] },
    { ...sound, regions: [{ ...sound.regions[0], name: 'region' }] },
    { ...sound, regions: [null] },
  ];
  const say = (lines: string): Promise<unknown> =>
    outcomeOf(
      Buffer.concat([parts[0] ?? [], encodeWireFrame('facts', Buffer.from(lines))].map(bytes)),
    );
  for (const facts of bad) {
    const outcome = await say(`target.version=1\ntarget=${JSON.stringify(facts)}\n`);
    t.match(outcome, {
      name: 'AllocertError',
      exitCode: 3,
      message: /description of its target is malformed/,
    });
  }
  t.match(await say('target.version=1\ntarget={]\n'), {
    message: /description of its target is malformed/,
  });
  t.match(await say('target.version=2\ntarget={}\n'), { message: /of another version/ });
});

const bytes = (part: ArrayLike<number>): Uint8Array => Uint8Array.from(part);
