import { linuxNumbers } from '../../contract/linux-numbers.ts';
import { failed } from '../kernel/errno.ts';
import { collectGarbage, Socket } from '../kernel/socket.ts';
import type { Handler } from './kernel-call.ts';

const { MSG_CMSG_CLOEXEC, MSG_PEEK } = linuxNumbers;

const socketpair: Handler = (call) => {
  const { log, nextInode, sockets } = call.kernel;
  collectGarbage(sockets);
  const [one, other] = Socket.pair(log, nextInode, sockets);
  const first = call.install(one, false);
  if (failed(first)) {
    other.put('fput');
    return first;
  }
  const second = call.install(other, false);
  if (failed(second)) {
    call.client.closeDescriptor(Number(first));
    return second;
  }
  const numbers = Int32Array.of(Number(first), Number(second));
  return { value: 0n, out: new Uint8Array(numbers.buffer) };
};

const sendfd: Handler = (call) => {
  const socket = call.file();
  if (failed(socket)) return socket;
  if (!(socket instanceof Socket)) return 'ENOTSOCK';
  const passed = call.anyFile('passed');
  if (failed(passed)) return passed;
  return call.faults.fails() ? 'ENOBUFS' : socket.send(passed);
};

/** A message whose descriptor finds no free number is lost all the same. */
const recvfd: Handler = (call) => {
  const socket = call.file();
  if (failed(socket)) return socket;
  if (!(socket instanceof Socket)) return 'ENOTSOCK';
  const flags = call.uint('flags');
  const peeking = (flags & MSG_PEEK) !== 0;
  const file = peeking ? socket.peek()?.hold('scm_fp_dup') : socket.receive();
  if (file === undefined) return 'EAGAIN';
  return call.install(file, (flags & MSG_CMSG_CLOEXEC) !== 0);
};

/** System calls that pass descriptors. */
export const socketCalls = { socketpair, sendfd, recvfd } as const satisfies Record<
  string,
  Handler
>;
