import {
  DMA_BUF_IOCTL_SYNC,
  F_DUPFD,
  MADV_NORMAL,
  MAP_SHARED,
  MREMAP_MAYMOVE,
  O_CLOEXEC,
  O_RDWR,
  POLLIN,
  POLLOUT,
  PROT_READ,
  PROT_WRITE,
  RLIMIT_NOFILE,
  SEEK_END,
  SIGKILL,
} from './linux.ts';
import type { FileName, OperationName } from './operations.ts';
import type { Operand, Operation, OperationOf } from './program.ts';

/** What there is for an operation to work on. */
export interface UsualOperands {
  readonly region: FileName;
  /** A buffer’s descriptor, and its mapping of {@link length} bytes. */
  readonly fd: Operand;
  readonly address: Operand;
  /** Bytes; whole pages. */
  readonly length: bigint;
  /** One end of a socket pair. */
  readonly socket: Operand;
  /** A client that lives, and the name of one that does not exist yet. */
  readonly other: string;
  readonly unborn: string;
}

/** A number that no client has taken, for descriptors with a number of choice. */
const FREE_NUMBER = 200n;
/** More descriptors than a client has, and microseconds that pass unnoticed. */
const WIDE = 4096n;
const SHORT = 10n;

/**
 * One operation of each kind as it is used as a rule, so that one argument of it can be changed and
 * nothing else is wrong.
 */
export function usualOperations(given: UsualOperands): {
  readonly [Name in OperationName]: OperationOf<Name>;
} {
  const { address, fd, length, other, region, socket, unborn } = given;
  const protection = PROT_READ | PROT_WRITE;
  const bytes = Uint8Array.of(1);
  const body: Operation[] = [{ op: 'fstat', fd }];
  const sync = { bytes: new Uint8Array(BigUint64Array.of(3n).buffer) };
  return {
    open: { op: 'open', file: region, flags: O_RDWR },
    close: { op: 'close', fd },
    ioctl: { op: 'ioctl', fd, request: DMA_BUF_IOCTL_SYNC, argument: sync },
    dup: { op: 'dup', fd },
    dup2: { op: 'dup2', fd, to: FREE_NUMBER },
    dup3: { op: 'dup3', fd, to: FREE_NUMBER, flags: O_CLOEXEC },
    fcntl: { op: 'fcntl', fd, command: F_DUPFD, value: FREE_NUMBER },
    fstat: { op: 'fstat', fd },
    lseek: { op: 'lseek', fd, offset: 0n, whence: SEEK_END },
    pread: { op: 'pread', fd, length: 16n, offset: 0n },
    pwrite: { op: 'pwrite', fd, bytes, offset: 0n },
    poll: { op: 'poll', fd, events: POLLIN | POLLOUT, timeoutMs: 0n },
    mmap: { op: 'mmap', length, protection, flags: MAP_SHARED, fd, offset: 0n },
    munmap: { op: 'munmap', address, length, offset: 0n },
    mprotect: { op: 'mprotect', address, length, protection, offset: 0n },
    mremap: {
      op: 'mremap',
      address,
      oldLength: length,
      newLength: length,
      flags: MREMAP_MAYMOVE,
    },
    load: { op: 'load', address, length: 16n, offset: 0n },
    store: { op: 'store', address, length: 16n, bytes, offset: 0n },
    scan: { op: 'scan', address, length, bytes, offset: 0n },
    fork: { op: 'fork', client: unborn },
    exec: { op: 'exec' },
    wait: { op: 'wait', client: other },
    exit: { op: 'exit', status: 0n },
    kill: { op: 'kill', client: other, signal: SIGKILL },
    socketpair: { op: 'socketpair' },
    sendfd: { op: 'sendfd', fd: socket, passed: fd },
    recvfd: { op: 'recvfd', fd: socket },
    memfd: { op: 'memfd', length },
    readlink: { op: 'readlink', fd },
    readfile: { op: 'readfile', document: '/proc/self/fdinfo', fd },
    setrlimit: { op: 'setrlimit', resource: RLIMIT_NOFILE, soft: WIDE },
    setuid: { op: 'setuid', uid: 0n },
    itimer: { op: 'itimer', intervalUs: 0n },
    barrier: { op: 'barrier', parties: 1n },
    sleep: { op: 'sleep', microseconds: SHORT },
    repeat: { op: 'repeat', times: 1n, stop: 'never', body },
    descriptors: { op: 'descriptors' },
    reopen: { op: 'reopen', fd, flags: O_RDWR },
    ftruncate: { op: 'ftruncate', fd, length },
    frames: { op: 'frames', address, length },
    locate: { op: 'locate', bytes, first: 0n, count: 1n },
    peek: { op: 'peek', client: other, address, length: 16n },
    madvise: { op: 'madvise', address, length, advice: MADV_NORMAL, offset: 0n },
    failnth: { op: 'failnth', nth: 0n },
  };
}
