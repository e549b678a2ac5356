/** Certificates that do not count: who shows one is told why, and the daemon says it in a line. */
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { type ConnectionOptions, connect as connectSecurely } from 'node:tls';
import t, { type Test } from 'tap';
import { openTarget } from '../../../adapters/open-target.ts';
import { Daemon } from '../../../adapters/remote/daemon.ts';
import { Refusals } from '../../../adapters/remote/refusals.ts';
import { listenTls } from '../../../adapters/remote/tls.ts';
import { type Certificates, type Identity, makeCertificates } from './certificates.ts';

interface Secure {
  readonly place: string;
  readonly port: number;
  /** What the daemon said, of clients and of others. */
  readonly said: string[];
}

async function secureDaemon(t: Test, { ca }: Certificates, own: Identity): Promise<Secure> {
  const said: string[] = [];
  const say = (sentence: string): unknown => said.push(sentence);
  const daemon = new Daemon({ openTarget: () => openTarget('sim:'), onEvent: say });
  const listener = await listenTls(
    { host: '127.0.0.1', port: 0 },
    { ca, ...own },
    (socket, arrival) => daemon.accept(socket, arrival),
    say,
  );
  t.teardown(async () => {
    const closed = listener.close();
    await daemon.close();
    await closed;
  });
  return { place: listener.place, port: Number(listener.place.split(':').at(-1)), said };
}

const urlOf = (place: string, ca: string, { cert, key }: Identity): string =>
  `remote:${place}?${new URLSearchParams({ ca, cert, key })}`;

const CONTROL = /\p{Cc}/u;

t.test('a client whose certificate does not count hears why and what it needs', async (t) => {
  const certificates = makeCertificates(t);
  const { itsOwn, expired, early, servers } = certificates.unfit();
  const bad: [Identity, RegExp][] = [
    [itsOwn, /the client’s certificate is signed by itself; it needs one that the daemon’s auth/],
    [
      certificates.stranger,
      /certificate is signed by another authority than the daemon’s \(--ca\)/,
    ],
    [expired, /the client’s certificate expired on Feb +1 00:00:00 2020 GMT; it needs a new one/],
    [early, /the client’s certificate is valid only from Jan +1 00:00:00 2048 GMT on; check the/],
    [servers, /certificate is not for clients; its extendedKeyUsage must name clientAuth/],
  ];
  const { place, said } = await secureDaemon(t, certificates, certificates.daemon);
  for (const [identity, sentence] of bad) {
    const adapter = await openTarget(urlOf(place, certificates.ca, identity));
    const thrown: unknown = await adapter.open().catch((error: unknown) => error);
    t.match(thrown, { exitCode: 3, message: sentence });
    t.match(thrown, { message: /^the agent refuses: / });
    const line = said.at(-1) ?? '';
    t.match(line, /^a client from 127\.0\.0\.1 was refused: /);
    t.match(line, sentence);
    t.notMatch(line, CONTROL);
    await adapter.close();
  }
  t.equal(said.length, bad.length, 'one line each, and nobody was let in');
});

/** A client that makes of TLS what it likes; what it hears at the end, or how it fails. */
async function heardBy(options: ConnectionOptions): Promise<{ said: string; session?: Buffer }> {
  const socket = connectSecurely({ host: '127.0.0.1', rejectUnauthorized: false, ...options });
  let said = '';
  let session: Buffer | undefined;
  socket.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  socket.on('session', (given: Buffer) => {
    session = given;
  });
  await new Promise<void>((resolve) => {
    socket.on('error', () => socket.destroy()).once('close', () => resolve());
  });
  return session === undefined ? { said } : { said, session };
}

t.test('no certificate counts as none, also in a session that is resumed', async (t) => {
  const certificates = makeCertificates(t);
  const { port, said } = await secureDaemon(t, certificates, certificates.daemon);
  const first = await heardBy({ port });
  t.match(first.said, /the client showed no certificate; it needs one that the daemon’s authority/);
  if (first.session === undefined) throw new Error('no session was offered');
  const again = await heardBy({ port, session: first.session });
  t.match(again.said, /the client showed no certificate/);
  const { cert, key } = certificates.stranger;
  const stranger = { port, cert: readFileSync(cert), key: readFileSync(key) };
  const { session } = await heardBy(stranger);
  if (session === undefined) throw new Error('no session was offered');
  t.match((await heardBy({ ...stranger, session })).said, /resumed a session|another authority/);
  t.notOk(
    said.some((sentence) => /is here/.test(sentence)),
    said.join('\n'),
  );
});

t.test('what is no handshake is one clean line', async (t) => {
  const certificates = makeCertificates(t);
  const { port, said } = await secureDaemon(t, certificates, certificates.daemon);
  const plain = connect(port, '127.0.0.1');
  plain.on('error', () => plain.destroy()).end('GET / HTTP/1.1\r\n\r\n');
  plain.resume();
  await new Promise<void>((resolve) => plain.once('close', () => resolve()));
  await heardBy({ port, maxVersion: 'TLSv1.2' });
  const lines = ['it does not speak TLS', 'it speaks an older TLS than 1.3'];
  t.strictSame(
    said,
    lines.map((reason) => `a client from 127.0.0.1 was refused: ${reason}`),
  );
});

t.test('a daemon that is not believed, or is none, is one sentence with what to do', async (t) => {
  const certificates = makeCertificates(t);
  const { ca, client, stranger } = certificates;
  const { expired, early, itsOwn } = certificates.unfit();
  const bad: [Identity, RegExp][] = [
    [stranger, /not signed by the authority in .*ca\.pem; ca= must name the authority that signed/],
    [itsOwn, /certificate was not signed by the authority in/],
    [expired, /the daemon’s certificate has expired; the daemon needs a new one/],
    [early, /the daemon’s certificate is not valid yet; check the clocks/],
    [client, /the daemon’s certificate is not for servers; its extendedKeyUsage must name serverA/],
  ];
  for (const [identity, sentence] of bad) {
    const { place } = await secureDaemon(t, certificates, identity);
    const adapter = await openTarget(urlOf(place, ca, client));
    await t.rejects(adapter.open(), { exitCode: 3, message: sentence });
    await adapter.close();
  }
  const plain = createServer((socket) => socket.on('error', () => {}).write('HTTP/1.1 400\r\n'));
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  t.teardown(() => plain.close());
  const { port } = plain.address() as { port: number };
  const adapter = await openTarget(urlOf(`tls:127.0.0.1:${port}`, ca, client));
  const message = `no agent answers: the server at 127.0.0.1:${port} does not speak TLS`;
  await t.rejects(adapter.open(), { exitCode: 3, message });
});

t.test('a daemon that drops a connection unheard is asked again', async (t) => {
  const certificates = makeCertificates(t);
  const { place, port } = await secureDaemon(t, certificates, certificates.daemon);
  t.match(place, /^tls:/);
  let dropped = 0;
  const gate = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    dropped += 1;
    if (dropped < 3) socket.destroy();
    else
      socket
        .pipe(connect(port, '127.0.0.1'))
        .on('error', () => {})
        .pipe(socket);
  });
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  t.teardown(() => gate.close());
  const { port: at } = gate.address() as { port: number };
  const adapter = await openTarget(
    urlOf(`tls:127.0.0.1:${at}`, certificates.ca, certificates.client),
  );
  const session = await adapter.open();
  t.equal(session.facts.kind, 'sim');
  t.equal(dropped, 3);
  await session.close();
  await adapter.close();
});

t.test('the same refusal is said once, then counted', (t) => {
  const said: string[] = [];
  const refusals = new Refusals((sentence) => said.push(sentence));
  for (let one = 0; one < 1000; one += 1) refusals.add('192.0.2.1', 'it is late');
  refusals.add('192.0.2.2', 'it is late');
  t.strictSame(said, [
    'a client from 192.0.2.1 was refused: it is late',
    'a client from 192.0.2.2 was refused: it is late',
  ]);
  refusals.flush();
  t.strictSame(said.slice(2), [
    'a client from 192.0.2.1 was refused: it is late (and 999 more like it)',
  ]);
  for (let one = 0; one < 1000; one += 1) refusals.add(`192.0.2.${one}`, 'it is late');
  refusals.flush();
  t.equal(said.length, 3 + 256 + 1);
  t.equal(said.at(-1), '744 more clients were refused');
  refusals.add(undefined, 'it is late');
  t.equal(said.at(-1), 'a client was refused: it is late');
  refusals.flush();
  t.end();
});
