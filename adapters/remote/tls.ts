import { isIP, type Socket } from 'node:net';
import {
  connect,
  createServer,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls';
import { AllocertError, machineError, messageOf, usageError } from '../../base/errors.ts';
import { readWhole } from '../../base/read-whole.ts';
import { Channel } from '../protocol/channel.ts';
import { type Connection, socketConnection } from '../protocol/connection.ts';
import { encodeRefusal } from '../protocol/encode-death.ts';
import { type Arrival, Door, type DoorLimits } from './door.ts';
import type { Endpoint, TlsTarget } from './target-url.ts';
import { certificateTrouble, daemonTrouble, handshakeTrouble } from './tls-trouble.ts';
import { type ListeningSocket, sayFailures } from './unix.ts';

/** Files that show who one is and whom one believes; PEM. */
export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Bytes of the largest file of certificates; those of whole systems have half a million. */
const PEM_BYTES = 4 << 20;
/** What a listener may be given to have other limits than usual. */
export interface TlsLimits {
  readonly limits?: DoorLimits;
  /** Milliseconds from the arrival of a connection until it has shown a certificate. */
  readonly handshakeMs?: number;
}

const HANDSHAKE_MS = 10_000;
const KEEP_ALIVE_MS = 15_000;

/**
 * Connects to a daemon over TLS 1.3. Its certificate must be signed by `ca` and name the host.
 *
 * @throws {@link AllocertError} when a file cannot be read or holds no PEM
 */
export function connectTls(target: TlsTarget): Connection {
  const { host, port } = target;
  const context = contextOf(target);
  return withCredentials(() => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ ...context, ...servername, host, port, rejectUnauthorized: true });
    setUpSocket(socket);
    return { ...socketConnection(socket), ...fateOf(socket, target) };
  });
}

/** What became of a connection, as far as its socket tells. */
function fateOf(
  socket: TLSSocket,
  target: TlsTarget,
): Pick<Connection, 'lastWords' | 'turnedAway'> {
  let heard = false;
  let ended = false;
  let error: NodeJS.ErrnoException | undefined;
  socket.once('data', () => {
    heard = true;
  });
  socket.once('end', () => {
    ended = true;
  });
  socket.once('error', (thrown) => {
    error = thrown;
  });
  const dropped = (): boolean =>
    !heard && (error === undefined ? ended : ['ECONNRESET', 'EPIPE'].includes(error.code ?? ''));
  const trouble = (): string | undefined => {
    if (dropped()) {
      return 'the daemon dropped the connection at once; it may have too many: try again later';
    }
    return error === undefined ? undefined : daemonTrouble(error, target);
  };
  return {
    lastWords: async () => ({ message: trouble() ?? '', log: [] }),
    turnedAway: dropped,
  };
}

/**
 * Listens for clients over TLS 1.3. Only those with a certificate signed by `ca` get through; all
 * others are told why not.
 *
 * @param onRefused hears of everybody else
 * @throws {@link AllocertError} when a file cannot be read, or the place is taken
 */
export async function listenTls(
  { host, port }: Endpoint,
  credentials: Credentials,
  onClient: (socket: TLSSocket, arrival: Arrival) => void,
  onRefused: (sentence: string) => void,
  { limits, handshakeMs = HANDSHAKE_MS }: TlsLimits = {},
): Promise<ListeningSocket> {
  const context = contextOf(credentials);
  // A certificate that does not count ends the handshake nowhere: its client is told why first.
  const server = withCredentials(() =>
    createServer({ ...context, requestCert: true, rejectUnauthorized: false }),
  );
  const door = new Door(onRefused, limits);
  receive(server, door, handshakeMs, onClient);
  sayFailures(server, onRefused);
  await new Promise<void>((listening, failed) => {
    server.once('listening', listening);
    server.once('error', (error) => {
      failed(machineError(`cannot listen at ${host}:${port}: ${error.message}`, error));
    });
    server.listen(port, host);
  });
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return {
    place: `tls:${isIP(host) === 6 ? `[${host}]` : host}:${actual}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        door.close();
      }),
  };
}

/** What tells one connection from another, at its TCP socket and at the TLS socket above it. */
const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** Passes on whoever shows a certificate that counts, and ends everybody else in time. */
function receive(
  server: Server,
  door: Door,
  handshakeMs: number,
  onClient: (socket: TLSSocket, arrival: Arrival) => void,
): void {
  const arrivals = new Map<string, Arrival>();
  server.on('connection', (socket: Socket) => {
    const arrival = door.arrive(socket);
    const peer = peerOf(socket);
    arrivals.set(peer, arrival);
    // Of the whole handshake: a byte now and then must not lengthen it.
    const timer = setTimeout(() => {
      if (arrivals.delete(peer)) {
        arrival.refuse(`it showed no certificate for ${handshakeMs} ms`);
        socket.destroy();
      }
    }, handshakeMs);
    socket.once('close', () => {
      clearTimeout(timer);
      if (arrivals.delete(peer)) arrival.refuse('it left before it had shown a certificate');
    });
  });
  const take = (socket: TLSSocket): Arrival | undefined => {
    const peer = peerOf(socket);
    const arrival = arrivals.get(peer);
    arrivals.delete(peer);
    return arrival;
  };
  server.on('secureConnection', (socket) => {
    const arrival = take(socket);
    const trouble = certificateTrouble(socket);
    if (arrival === undefined) socket.destroy();
    else if (trouble === undefined) {
      setUpSocket(socket);
      arrival.vouch();
      onClient(socket, arrival);
    } else {
      arrival.refuse(trouble);
      const channel = new Channel(socket);
      channel.send('refusal', encodeRefusal(trouble));
      channel.end();
    }
  });
  server.on('tlsClientError', (error, socket) => {
    // One that is gone already is told of as such when its connection closes.
    take(socket)?.refuse(handshakeTrouble(error));
    socket.destroy();
  });
}

/** Requests and answers are small; and a peer whose machine is gone must be noticed. */
function setUpSocket(socket: Socket): void {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
}

const contextOf = ({ ca, cert, key }: Credentials): SecureContextOptions => ({
  ca: textOf(ca),
  cert: textOf(cert),
  key: textOf(key),
  minVersion: 'TLSv1.3',
});

function textOf(file: string): Buffer {
  try {
    return readWhole(file, PEM_BYTES);
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    throw usageError(`the certificate or key ${file} cannot be read: ${messageOf(thrown)}`);
  }
}

function withCredentials<T>(make: () => T): T {
  try {
    return make();
  } catch (thrown) {
    throw usageError(`the certificates or the key cannot be used: ${messageOf(thrown)}`);
  }
}
