/** What a client that goes away leaves behind: nothing that another would have to wait for. */
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import t from 'tap';
import { encodeProgram } from '../../../adapters/contract/codec/encode-program.ts';
import type { Adapter, History, Program, Session } from '../../../adapters/contract/index.ts';
import { NameTable } from '../../../adapters/contract/names.ts';
import { openTarget } from '../../../adapters/open-target.ts';
import { Channel } from '../../../adapters/protocol/channel.ts';
import { encodeHello, ownHello } from '../../../adapters/protocol/wire-frames.ts';
import { Daemon } from '../../../adapters/remote/daemon.ts';
import { Turns } from '../../../adapters/remote/turns.ts';

/** Two ends of a stream. */
function pair(): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  const end = (other: number): Duplex =>
    new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        ends[other]?.push(chunk);
        done();
      },
      final(done) {
        ends[other]?.push(null);
        done();
      },
      destroy(error, done) {
        const peer = ends[other];
        if (peer !== undefined && !peer.destroyed) peer.push(null);
        done(error);
      },
    });
  ends.push(end(1), end(0));
  return ends as [Duplex, Duplex];
}

/** A target for one client at a time, whose Programs run for as long as it is told. */
class Held {
  /** Adapters that are open. */
  adapters = 0;
  /** Sessions that are open, and the most that ever were. */
  sessions = 0;
  most = 0;
  /** Ends the Program that runs; the session’s end does, unless a test keeps that for itself. */
  release = (): void => {};
  readonly endsWithSession: boolean;

  constructor(endsWithSession = true) {
    this.endsWithSession = endsWithSession;
  }

  async open(): Promise<Adapter> {
    const inner = await openTarget('sim:');
    this.adapters += 1;
    return {
      url: 'test:',
      open: async () => this.#session(await inner.open()),
      close: async () => {
        this.adapters -= 1;
      },
    };
  }

  #session(inner: Session): Session {
    this.sessions += 1;
    this.most = Math.max(this.most, this.sessions);
    return {
      facts: inner.facts,
      begin: async () => {},
      run: () =>
        new Promise<History>((_, reject) => {
          this.release = () => reject(new RangeError('it was ended'));
        }),
      close: async () => {
        this.sessions -= 1;
        if (this.endsWithSession) this.release();
      },
    };
  }
}

interface Served {
  /** A client that has said hello. */
  join(): Channel;
  heard(pattern: RegExp): Promise<string>;
  close(): Promise<void>;
}

function serve(target: Held): Served {
  const events: string[] = [];
  let wake = (): void => {};
  const daemon = new Daemon({
    openTarget: () => target.open(),
    onEvent: (event) => {
      events.push(event);
      wake();
    },
  });
  return {
    join: () => {
      const [near, far] = pair();
      daemon.accept(far);
      const channel = new Channel(near);
      channel.send('hello', encodeHello(ownHello()));
      return channel;
    },
    heard: async (pattern) => {
      for (;;) {
        const found = events.find((event) => pattern.test(event));
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close: () => daemon.close(),
  };
}

const LONG = 600_000;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

async function expect(channel: Channel, type: string): Promise<string> {
  const frame = await channel.receive(LONG);
  if (frame.type !== type) throw new Error(`${frame.type}: ${Buffer.from(frame.payload)}`);
  return Buffer.from(frame.payload).toString();
}

async function greeted(channel: Channel): Promise<Channel> {
  await expect(channel, 'hello');
  await expect(channel, 'facts');
  return channel;
}

const program = (deadlineMs: number): Uint8Array => {
  const threads: Program['threads'] = [
    { client: 'main', operations: [{ op: 'sleep', microseconds: 1n }] },
  ];
  return encodeProgram({ deadlineMs, threads }, new NameTable());
};

async function startProgram(channel: Channel, deadlineMs = 60_000): Promise<void> {
  channel.send('begin', Buffer.from('X/case'));
  await expect(channel, 'begun');
  channel.send('run', program(deadlineMs));
}

t.test('who goes away while its Program runs holds the target no longer', async (t) => {
  const target = new Held();
  const { join, heard, close } = serve(target);
  const first = await greeted(join());
  await startProgram(first);
  await expect(first, 'executing');
  const second = join();
  first.destroy();
  await greeted(second);
  t.match(await heard(/^client 1 was/), /ended the connection|closed/);
  t.equal(target.most, 1);
  second.send('bye');
  await heard(/^client 2 has left/);
  t.equal(target.adapters, 0);
  await close();
});

t.test('what still runs when its client is gone meets no other client', async (t) => {
  const target = new Held(false);
  const { join, heard, close } = serve(target);
  const first = await greeted(join());
  await startProgram(first);
  await expect(first, 'executing');
  const second = join();
  await expect(second, 'hello');
  await until(() => target.adapters === 2);
  first.destroy();
  // The session of the first is ended before its Program is waited for.
  await until(() => target.sessions === 0);
  t.equal(target.adapters, 2, 'the first is not done with');
  target.release();
  await expect(second, 'facts');
  await heard(/^client 1 was/);
  t.equal(target.adapters, 1);
  second.destroy();
  await close();
});

t.test('who goes away while it waits for a turn leaves nothing behind', async (t) => {
  const target = new Held();
  const { join, heard, close } = serve(target);
  const first = await greeted(join());
  for (let client = 2; client < 50; client += 1) {
    const waits = join();
    await expect(waits, 'hello');
    waits.destroy();
    await heard(new RegExp(`^client ${client} was`));
    t.equal(target.adapters, 1);
  }
  first.send('bye');
  await greeted(join());
  await close();
});

t.test('a deadline that nobody lives to see is refused', async (t) => {
  const target = new Held();
  const { join, heard, close } = serve(target);
  const client = await greeted(join());
  await startProgram(client, 3_600_001);
  t.match(await expect(client, 'refusal'), /has a deadline of more than an hour/);
  await heard(/^client 1 was/);
  await close();
});

t.test('turns come in order, and one that is given up goes to the next', async (t) => {
  const turns = new Turns();
  const wait = (turn: Promise<void>): Promise<void> => turn;
  const order: string[] = [];
  const first = await turns.take(wait);
  let giveUp = (_: Error): void => {};
  const second = turns.take(
    () =>
      new Promise<void>((_, reject) => {
        giveUp = reject;
      }),
  );
  const third = turns.take(wait).then((end) => {
    order.push('third');
    return end;
  });
  const fourth = turns.take(wait).then((end) => {
    order.push('fourth');
    return end;
  });
  giveUp(new Error('no longer'));
  await t.rejects(second, { message: 'no longer' });
  first();
  (await third)();
  (await fourth)();
  t.strictSame(order, ['third', 'fourth']);
  const late = await turns.take(wait);
  let late2 = (_: Error): void => {};
  const unlucky = turns.take(
    () =>
      new Promise<void>((_, reject) => {
        late2 = reject;
      }),
  );
  late();
  late2(new Error('at that moment'));
  await t.rejects(unlucky, { message: 'at that moment' });
  (await turns.take(wait))();
});

t.test('work for a peer ends for its waiter with the peer', async (t) => {
  const [near, far] = pair();
  const channel = new Channel(near);
  t.equal(await channel.unlessLost(Promise.resolve(7)), 7);
  await t.rejects(channel.unlessLost(Promise.reject(new Error('no'))), { message: 'no' });
  const never = channel.unlessLost(new Promise<void>(() => {}));
  far.destroy();
  await t.rejects(never, { message: /ended the connection|closed/ });
  await t.rejects(channel.unlessLost(new Promise<void>(() => {})), { message: /ended|closed/ });
  channel.destroy();
  if (!near.closed) await once(near, 'close');
});
