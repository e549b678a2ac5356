import { isIP, type Socket } from 'node:net';
import { connect, createServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { AllocertError, machineError, messageOf, usageError } from '../../base/errors.ts';
import { readWhole } from '../../base/read-whole.ts';
import { type Connection, socketConnection } from '../protocol/connection.ts';
import type { Endpoint, TlsTarget } from './target-url.ts';
import { type ListeningSocket, limitClients } from './unix.ts';

/** Files that show who one is and whom one believes; PEM. */
export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Bytes of the largest file of certificates; those of whole systems have half a million. */
const PEM_BYTES = 4 << 20;
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
    return socketConnection(socket);
  });
}

/**
 * Listens for clients over TLS 1.3. Only those with a certificate signed by `ca` get through.
 *
 * @param onRefused hears of everybody else
 * @throws {@link AllocertError} when a file cannot be read, or the place is taken
 */
export async function listenTls(
  { host, port }: Endpoint,
  credentials: Credentials,
  onClient: (socket: TLSSocket) => void,
  onRefused: (sentence: string) => void,
): Promise<ListeningSocket> {
  const context = contextOf(credentials);
  const server = withCredentials(() =>
    createServer({
      ...context,
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: HANDSHAKE_MS,
    }),
  );
  limitClients(server, onRefused);
  server.on('secureConnection', (socket) => {
    setUpSocket(socket);
    // The server has checked it already; this catches a mistake in its options.
    if (socket.authorized) onClient(socket);
    else socket.destroy();
  });
  server.on('tlsClientError', (error) => onRefused(`a client was refused: ${error.message}`));
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
    close: () => new Promise((closed) => server.close(() => closed())),
  };
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
    throw usageError(`the certificates or the key are of no use: ${messageOf(thrown)}`);
  }
}
