import { lstatSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, resolve } from 'node:path';
import { machineError, messageOf, usageError } from '../../base/errors.ts';
import { type Connection, socketConnection } from '../protocol/connection.ts';
import { type Arrival, Door, type DoorLimits } from './door.ts';

/** Room for a path in a socket's address, less the NUL at its end: unix(7), sun_path. */
const PATH_BYTES_MAX = 107;
const WORLD_WRITABLE = 0o002;
const GROUP_WRITABLE = 0o020;
const STICKY = 0o1000;

/** A place where clients arrive. */
export interface ListeningSocket {
  /** Where, as clients write it. */
  readonly place: string;
  close(): Promise<void>;
}

/**
 * Connects to a daemon or an agent at a Unix socket of this machine.
 *
 * @throws {@link AllocertError} when the socket belongs to another user, who could answer anything
 */
export function connectUnix(path: string): Connection {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status !== undefined && !isTrusted(status)) {
    throw machineError(`${path} belongs to another user; only that user may be served there`);
  }
  return socketConnection(connect(path));
}

/**
 * Listens at a Unix socket that only this user can connect to. A socket that a dead daemon left is
 * replaced; anything else in its place stays.
 *
 * @param onRefused hears of clients that cannot be let in
 * @throws {@link AllocertError} for a place that is taken, or where others could put their own
 */
export async function listenUnix(
  path: string,
  onClient: (socket: Socket, arrival: Arrival) => void,
  onRefused: (sentence: string) => void,
  limits?: DoorLimits,
): Promise<ListeningSocket> {
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) {
    throw usageError(`${path} is longer than ${PATH_BYTES_MAX} bytes; choose a shorter path`);
  }
  checkFolder(dirname(resolve(path)));
  await clearPlace(path);
  const door = new Door(onRefused, limits);
  const server = createServer((socket) => onClient(socket, door.arrive(socket)));
  sayFailures(server, onRefused);
  try {
    await bound(server, path);
  } catch (thrown) {
    throw machineError(`cannot listen at ${path}: ${messageOf(thrown)}`, thrown);
  }
  return {
    place: `unix:${path}`,
    // Closing takes the socket from its folder too.
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        door.close();
      }),
  };
}

/** Says what goes wrong with a server once it listens; before, whoever starts it does. */
export function sayFailures(server: Server, onRefused: (sentence: string) => void): void {
  server.on('error', (error) => {
    if (server.listening) onRefused(`a client could not be let in: ${error.message}`);
  });
}

/** The mask counts while the socket is made: there is no moment at which others reach it. */
async function bound(server: Server, path: string): Promise<void> {
  const ready = new Promise<void>((listening, failed) => {
    server.once('listening', listening).once('error', failed);
  });
  const before = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
  await ready;
}

/** Where others may remove or rename what is there, they could put a socket of their own. */
function checkFolder(folder: string): void {
  let status: Stats;
  try {
    status = statSync(folder);
  } catch (thrown) {
    throw machineError(`cannot listen in ${folder}: ${messageOf(thrown)}`, thrown);
  }
  const shared = (status.mode & (WORLD_WRITABLE | GROUP_WRITABLE)) !== 0;
  if ((shared && (status.mode & STICKY) === 0) || !isTrusted(status)) {
    throw machineError(
      `others can replace what is in ${folder}; use a folder that only you can write to`,
    );
  }
}

async function clearPlace(path: string): Promise<void> {
  const status = statusOf(path);
  if (status === undefined) return;
  if (!status.isSocket()) throw machineError(`${path} exists and is not a socket; choose another`);
  if (!isTrusted(status)) throw machineError(`${path} belongs to another user; choose another`);
  if (await answers(path)) {
    throw machineError(`another daemon listens at ${path}; choose another path or stop that one`);
  }
  unlinkSync(path);
}

/** Whether a process listens there: connecting to what a dead process left is refused. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      else reject(machineError(`cannot look at ${path}: ${error.message}`, error));
    });
  });
}

const statusOf = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

const isTrusted = (status: Stats): boolean =>
  status.uid === 0 || status.uid === process.geteuid?.();
