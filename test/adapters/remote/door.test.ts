/** Connections that nobody answers for: they hold no place, and clients get in while they come. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectSecurely } from 'node:tls';
import t, { type Test } from 'tap';
import { openTarget } from '../../../adapters/open-target.ts';
import { encodeHello, encodeWireFrame, ownHello } from '../../../adapters/protocol/wire-frames.ts';
import { Daemon } from '../../../adapters/remote/daemon.ts';
import { DOOR_LIMITS, type DoorLimits, networkOf } from '../../../adapters/remote/door.ts';
import { listenTls } from '../../../adapters/remote/tls.ts';
import { listenUnix } from '../../../adapters/remote/unix.ts';
import { start } from '../../e2e/command.ts';
import { type Certificates, makeCertificates } from './certificates.ts';

const ignore = (): void => {};

/** Connections that say nothing, or what they are told to; one that is dropped comes again. */
class Attack {
  readonly #place: NetConnectOpts;
  readonly #says: Uint8Array;
  readonly #open = new Set<Socket>();
  #wake = (): void => {};
  #over = false;
  dropped = 0;

  constructor(place: NetConnectOpts, says: Uint8Array = new Uint8Array(0)) {
    this.#place = place;
    this.#says = says;
  }

  get open(): number {
    return this.#open.size;
  }

  /** Waits until so many are open at once. */
  async begin(count: number): Promise<void> {
    for (let one = 0; one < count; one += 1) this.#connect();
    await this.until(() => this.open >= count);
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  end(): void {
    this.#over = true;
    for (const socket of this.#open) socket.destroy();
  }

  #connect(): void {
    const socket = connect(this.#place);
    socket.on('connect', () => {
      if (this.#over) {
        socket.destroy();
        return;
      }
      this.#open.add(socket);
      if (this.#says.length > 0) socket.write(this.#says);
      this.#wake();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#open.delete(socket);
      this.dropped += 1;
      this.#wake();
      if (!this.#over) this.#connect();
    });
    socket.resume();
  }
}

/** Waits until a socket is closed, for whatever reason. */
const closing = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => socket.destroy()).once('close', () => resolve());
    socket.resume();
  });

interface Secure {
  readonly port: number;
  readonly url: string;
  readonly said: string[];
  /** Resolves once so many things of that kind were said. */
  heard(pattern: RegExp, count: number): Promise<void>;
}

interface How {
  readonly limits?: DoorLimits;
  readonly handshakeMs?: number;
}

async function secureDaemon(t: Test, certificates: Certificates, how: How = {}): Promise<Secure> {
  const said: string[] = [];
  let wake = ignore;
  const say = (sentence: string): void => {
    said.push(sentence);
    wake();
  };
  const daemon = new Daemon({ openTarget: () => openTarget('sim:'), onEvent: say });
  const { ca, client } = certificates;
  const listener = await listenTls(
    { host: '0.0.0.0', port: 0 },
    { ca, ...certificates.daemon },
    (socket, arrival) => daemon.accept(socket, arrival),
    say,
    how,
  );
  t.teardown(async () => {
    const closed = listener.close();
    await daemon.close();
    await closed;
  });
  const port = Number(listener.place.split(':').at(-1));
  const query = new URLSearchParams({ ca, cert: client.cert, key: client.key });
  const heard = async (pattern: RegExp, count: number): Promise<void> => {
    while (said.filter((sentence) => pattern.test(sentence)).length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { port, url: `remote:tls:127.0.0.1:${port}?${query}`, said, heard };
}

async function isServed(t: Test, url: string): Promise<void> {
  const adapter = await openTarget(url);
  const session = await adapter.open();
  await session.begin('X/served');
  const operations = [{ op: 'open', file: 'region:0', flags: 2n }] as const;
  const history = await session.run({
    deadlineMs: 1000,
    threads: [{ client: 'main', operations }],
  });
  t.equal(history.threads[0]?.[0]?.outcome, 'returned');
  await session.close();
  await adapter.close();
}

t.test('serve under 64 silent connections serves a client', async (t) => {
  const { ca, client, daemon } = makeCertificates(t);
  const files = ['--ca', ca, '--cert', daemon.cert, '--key', daemon.key];
  const serving = start(
    ['serve', 'sim:', '--listen', 'tls:127.0.0.1:0', ...files],
    ['ignore', 'pipe', 'ignore'],
  );
  const [line] = (await once(serving.stdout ?? serving, 'data')) as [Buffer];
  const [, port = ''] = /at tls:127\.0\.0\.1:(\d+)/.exec(String(line)) ?? [];
  const attack = new Attack({ port: Number(port), host: '127.0.0.1' });
  await attack.begin(64);
  const query = new URLSearchParams({ ca, cert: client.cert, key: client.key });
  for (let one = 0; one < 5; one += 1) {
    await isServed(t, `remote:tls:127.0.0.1:${port}?${query}`);
    await attack.until(() => attack.open >= 64);
  }
  t.ok(attack.open >= 64, `${attack.open} are open, ${attack.dropped} were dropped`);
  attack.end();
  serving.kill('SIGTERM');
  t.strictSame(await once(serving, 'exit'), [0, null]);
});

/** How an attack looks: where it comes from, and what each connection says. */
const ATTACKS: readonly [string, string, Uint8Array][] = [
  ['from the address of the client', '127.0.0.1', new Uint8Array(0)],
  ['from another address', '127.0.0.2', new Uint8Array(0)],
  ['with the beginning of a handshake', '127.0.0.2', Uint8Array.of(22, 3, 1, 2, 0, 1)],
];

t.test('a client is served while more come than may wait', async (t) => {
  const certificates = makeCertificates(t);
  const limits = { ...DOOR_LIMITS, waiting: 32, waitingPerAddress: 32 };
  for (const [name, localAddress, says] of ATTACKS) {
    const { port, url, said, heard } = await secureDaemon(t, certificates, { limits });
    const attack = new Attack({ port, host: '127.0.0.1', localAddress }, says);
    await attack.begin(32);
    void attack.begin(16);
    for (let one = 0; one < 3; one += 1) await isServed(t, url);
    await heard(/^client \d+ has left$/, 3);
    attack.end();
    t.comment(`${name}: ${attack.dropped} connections were dropped`);
    t.ok(attack.dropped > 0, name);
    const refused = said.filter((sentence) => /was refused/.test(sentence));
    t.ok(refused.length <= 4, `the same is said once: ${refused.join('; ')}`);
  }
});

t.test(
  'who shows no certificate in time is dropped, also one that sends now and then',
  async (t) => {
    const certificates = makeCertificates(t);
    const { port, said } = await secureDaemon(t, certificates, { handshakeMs: 60 });
    const dripping = connect(port, '127.0.0.1');
    dripping.write(Uint8Array.of(22, 3, 1));
    const drip = setInterval(() => dripping.writable && dripping.write(Uint8Array.of(1)), 20);
    await Promise.all([connect(port, '127.0.0.1'), dripping].map(closing));
    clearInterval(drip);
    t.match(said[0], /from 127\.0\.0\.1 was refused: it showed no certificate for 60 ms/);
  },
);

t.test('a certificate alone holds no place: a hello is due as well', async (t) => {
  const certificates = makeCertificates(t);
  const limits = { waiting: 3, waitingPerAddress: 3, clients: 1, clientsPerAddress: 1 };
  const { port, url, said } = await secureDaemon(t, certificates, { limits });
  const { readFileSync } = await import('node:fs');
  const { ca, client } = certificates;
  const [cert, key] = [readFileSync(client.cert), readFileSync(client.key)];
  const known = { port, host: '127.0.0.1', ca: readFileSync(ca), cert, key };
  const mute = Array.from({ length: 3 }, () => connectSecurely(known));
  await Promise.all(mute.map((socket) => once(socket, 'secureConnect')));
  const closed = mute.map(closing);
  await isServed(t, url);
  await Promise.race(closed);
  t.match(said.join('\n'), /was refused: 3 connections from its address waited already/);
  for (const socket of mute) socket.destroy();
});

t.test('as many clients as may be are served, and the next is told why it is not', async (t) => {
  const certificates = makeCertificates(t);
  const limits = { ...DOOR_LIMITS, clients: 3, clientsPerAddress: 2 };
  const { url } = await secureDaemon(t, certificates, { limits });
  const open = async (): Promise<{ close(): Promise<void> }> => {
    const adapter = await openTarget(url);
    t.teardown(() => adapter.close());
    return adapter.open();
  };
  const [first] = [await open(), await open()];
  await t.rejects(open(), {
    exitCode: 3,
    message: /refuses: 2 clients from your address are here already; come back when one/,
  });
  await first?.close();
  await isServed(t, url);
});

t.test('at a Unix socket silence holds no place either', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-door-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'socket');
  const said: string[] = [];
  const daemon = new Daemon({ openTarget: () => openTarget('sim:'), onEvent: ignore });
  const limits = { ...DOOR_LIMITS, waiting: 64, clients: 2 };
  const listener = await listenUnix(
    path,
    (socket, arrival) => daemon.accept(socket, arrival),
    (sentence) => said.push(sentence),
    limits,
  );
  const half = encodeWireFrame('hello', encodeHello(ownHello())).subarray(0, 9);
  const attack = new Attack({ path }, half);
  await attack.begin(64);
  for (let one = 0; one < 5; one += 1) await isServed(t, `remote:unix:${path}`);
  await attack.until(() => attack.open >= 64);
  t.match(said, [/^a client was refused: 64 connections waited already$/]);
  attack.end();
  const closed = listener.close();
  await daemon.close();
  await closed;
});

t.test('one peer is told from another by what is not its own to choose', (t) => {
  t.equal(networkOf('192.0.2.7'), '192.0.2.7');
  t.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7');
  t.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  t.equal(networkOf('2001:db8:1:2::9'), networkOf('2001:db8:1:2:ffff::'));
  t.equal(networkOf('::1'), '0:0:0:0::/64');
  t.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
  t.end();
});
