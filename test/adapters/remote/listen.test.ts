/** Who may connect: the owner of a Unix socket, and over TLS who shows the right certificate. */
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectSecurely } from 'node:tls';
import t, { type Test } from 'tap';
import { openTarget } from '../../../adapters/open-target.ts';
import { Daemon } from '../../../adapters/remote/daemon.ts';
import { listenTls } from '../../../adapters/remote/tls.ts';
import { listenUnix } from '../../../adapters/remote/unix.ts';
import { allocert } from '../../e2e/command.ts';
import {
  type Certificates,
  certificatesOfThePage,
  type Identity,
  makeCertificates,
} from './certificates.ts';

const ignore = (): void => {};

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-listen-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

t.test('a socket belongs to its owner alone and goes with the daemon', async (t) => {
  const path = join(folderOf(t), 'socket');
  const mask = process.umask();
  const listener = await listenUnix(path, (socket) => socket.destroy(), ignore);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.equal(process.umask(), mask, 'the mask is as it was');
  await listener.close();
  t.notOk(existsSync(path));
});

t.test('what a dead daemon left is replaced, everything else stays', async (t) => {
  const folder = folderOf(t);
  const path = join(folder, 'socket');
  // A process that is killed leaves its socket behind.
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => {
    process.kill(process.pid, 'SIGKILL') })`;
  const { spawn } = await import('node:child_process');
  await once(spawn(process.execPath, ['-e', script]), 'exit');
  t.ok(statSync(path).isSocket());
  const first = await listenUnix(path, (socket) => socket.destroy(), ignore);
  await t.rejects(listenUnix(path, ignore, ignore), {
    exitCode: 3,
    message: /another daemon listens at/,
  });
  const socket = connect(path);
  await once(socket, 'connect');
  socket.destroy();
  await first.close();
  const file = join(folder, 'file');
  writeFileSync(file, 'mine');
  await t.rejects(listenUnix(file, ignore, ignore), { exitCode: 3, message: /is not a socket/ });
  t.equal(statSync(file).size, 4);
});

t.test('a socket is not put where others could replace it', async (t) => {
  const folder = join(folderOf(t), 'shared');
  mkdirSync(folder);
  const path = join(folder, 'socket');
  for (const mode of [0o777, 0o770]) {
    chmodSync(folder, mode);
    await t.rejects(listenUnix(path, ignore, ignore), {
      exitCode: 3,
      message: /others can replace/,
    });
    t.notOk(existsSync(path));
  }
  chmodSync(folder, 0o1777);
  const sticky = await listenUnix(path, ignore, ignore);
  await sticky.close();
  await t.rejects(listenUnix(join(folder, 'no', 'socket'), ignore, ignore), {
    exitCode: 3,
    message: /cannot listen in/,
  });
  await t.rejects(listenUnix(join(folder, 'x'.repeat(108)), ignore, ignore), {
    exitCode: 2,
    message: /longer than 107 bytes/,
  });
});

t.test('nobody is there: one sentence', async (t) => {
  const missing = await openTarget(`remote:unix:${join(folderOf(t), 'none')}`);
  await t.rejects(missing.open(), { exitCode: 3, message: /no agent answers: connect ENOENT/ });
});

t.test('a client more than there is room for is turned away, and told so', async (t) => {
  const path = join(folderOf(t), 'socket');
  const daemon = new Daemon({ openTarget: () => openTarget('sim:'), onEvent: ignore });
  const listener = await listenUnix(
    path,
    (socket, arrival) => daemon.accept(socket, arrival),
    ignore,
  );
  const adapter = await openTarget(`remote:unix:${path}`);
  const sessions = await Promise.all(Array.from({ length: 64 }, () => adapter.open()));
  const message = /refuses: 64 clients are here already; come back when one has left/;
  await t.rejects(adapter.open(), { exitCode: 3, message });
  await sessions[0]?.close();
  const closed = listener.close();
  await daemon.close();
  await Promise.all([closed, adapter.close()]);
});

interface Secure {
  readonly place: string;
  readonly port: number;
  readonly refused: string[];
  readonly served: () => number;
}

async function secureDaemon(
  t: Test,
  { ca }: Pick<Certificates, 'ca'>,
  own: Identity,
): Promise<Secure> {
  const refused: string[] = [];
  let served = 0;
  const daemon = new Daemon({ openTarget: () => openTarget('sim:'), onEvent: ignore });
  const listener = await listenTls(
    { host: '127.0.0.1', port: 0 },
    { ca, ...own },
    (socket) => {
      served += 1;
      daemon.accept(socket);
    },
    (sentence) => refused.push(sentence),
  );
  t.teardown(async () => {
    const closed = listener.close();
    await daemon.close();
    await closed;
  });
  const port = Number(listener.place.split(':').at(-1));
  return { place: listener.place, port, refused, served: () => served };
}

const query = (ca: string, { cert, key }: Identity): string =>
  String(new URLSearchParams({ ca, cert, key }));

t.test('over TLS both ends show who they are', async (t) => {
  const certificates = makeCertificates(t);
  const { ca, client, stranger } = certificates;
  const { port, place, served, refused } = await secureDaemon(t, certificates, certificates.daemon);
  const good = await openTarget(`remote:tls:localhost:${port}?${query(ca, client)}`);
  const session = await good.open();
  t.equal(session.facts.kind, 'sim');
  await session.close();
  t.equal(served(), 1);

  const bad = await openTarget(`remote:${place}?${query(ca, stranger)}`);
  await t.rejects(bad.open(), { exitCode: 3, message: /refuses: .* by another authority/ });
  t.equal(served(), 1, 'a certificate that another authority signed gets nowhere');
  t.ok(refused.length > 0, 'and is heard of');

  const wrong = await openTarget(`remote:${place}?${query(stranger.cert, client)}`);
  await t.rejects(wrong.open(), { exitCode: 3, message: /no agent answers: .*certificate/ });
  t.equal(served(), 1, 'nor is a daemon believed that another authority signed');
});

t.test('certificates made as the page says serve both ends', async (t) => {
  const { ca, client, daemon } = certificatesOfThePage(folderOf(t));
  const { port } = await secureDaemon(t, { ca }, daemon);
  const adapter = await openTarget(`remote:tls:127.0.0.1:${port}?${query(ca, client)}`);
  const session = await adapter.open();
  t.equal(session.facts.kind, 'sim');
  await session.close();
});

t.test('a client without a certificate, of an old TLS, or without TLS gets nowhere', async (t) => {
  const certificates = makeCertificates(t);
  const { port, served, refused } = await secureDaemon(t, certificates, certificates.daemon);
  const anonymous = connectSecurely({ port, host: '127.0.0.1', rejectUnauthorized: false });
  const [none] = (await once(anonymous, 'data')) as [Buffer];
  t.match(String(none), /the client showed no certificate; it needs one that the daemon’s/);
  const old = connectSecurely({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.2',
  });
  const [version] = (await once(old, 'error')) as [Error];
  t.match(version.message, /protocol version/);
  const plain = connect(port, '127.0.0.1');
  plain.on('error', () => plain.destroy());
  plain.end('GET / HTTP/1.1\r\n\r\n');
  await once(plain.resume(), 'close');
  t.equal(served(), 0);
  t.ok(refused.length >= 3, refused.join('\n'));
});

t.test('a daemon whose certificate names another host is not believed', async (t) => {
  const certificates = makeCertificates(t);
  const { place } = await secureDaemon(t, certificates, certificates.elsewhere);
  const adapter = await openTarget(
    `remote:${place}?${query(certificates.ca, certificates.client)}`,
  );
  await t.rejects(adapter.open(), {
    exitCode: 3,
    message: /daemon’s certificate does not name 127\.0\.0\.1; write the host as/,
  });
});

t.test('serve refuses what it cannot do, in one sentence and with its exit code', async (t) => {
  const folder = folderOf(t);
  const { ca, daemon } = makeCertificates(t);
  const files = ['--ca', ca, '--cert', daemon.cert, '--key', daemon.key];
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => taken.close());
  const port = (taken.address() as { port: number }).port;
  const unix = ['--listen', `unix:${join(folder, 'socket')}`];
  const bad: [number, RegExp, string[]][] = [
    [2, /say where clients arrive/, ['sim:']],
    [2, /does not prove who its clients are/, ['sim:', '--listen', 'tcp:127.0.0.1:7400']],
    [2, /does not prove who its clients are/, ['sim:', '--listen', 'unix:']],
    [2, /no client is served without a certificate/, ['sim:', '--listen', 'tls:127.0.0.1:7400']],
    [2, /not HOST:PORT/, ['sim:', '--listen', 'tls:7400', ...files]],
    [2, /--ca is for tls: only/, ['sim:', ...unix, ...files]],
    [2, /cannot be read/, ['sim:', '--listen', 'tls:h:1', ...files.slice(0, 5), '/nowhere']],
    [2, /cannot be used/, ['sim:', '--listen', 'tls:h:1', ...files.slice(0, 5), daemon.cert]],
    [2, /has no defect/, ['sim:?defect=none-such', ...unix]],
    [2, /a recording answers only/, ['replay:report', ...unix]],
    [2, /leave out mode=in-process/, ['native:/dev/null?mode=in-process', ...unix]],
    [2, /leave out confine=no/, ['native:/dev/null?confine=no', ...unix]],
    [2, /the target is missing; write allocert serve <target>/, []],
    [3, /cannot listen at 127.0.0.1/, ['sim:', '--listen', `tls:127.0.0.1:${port}`, ...files]],
    [3, /cannot listen in/, ['sim:', '--listen', 'unix:/nowhere/socket']],
  ];
  const runs = bad.map(([, , words]) => allocert(['serve', ...words]));
  for (const [index, ran] of (await Promise.all(runs)).entries()) {
    const [code, sentence, words] = bad[index] ?? [0, /./, []];
    t.equal(ran.code, code, `${words.join(' ')}: ${ran.stderr}`);
    t.match(ran.stderr, sentence);
    t.equal(ran.stderr.trim().split('\n').length, 1, ran.stderr);
  }
});
