/**
 * The one table of operations. TypeScript types, JSON Schema, the binary codec, the C header, the
 * Client’s methods and the protocol page all derive from it; nothing repeats it.
 *
 * Codes are part of the wire format: append, never renumber.
 */

/**
 * What an argument is.
 *
 * - `descriptor`, `address`, `word`: an {@link Operand}, 64 bits, literal or a reference to a result;
 * - `client`: the name of a client process; `file`: one of {@link FILES}; `stop`: one of {@link STOPS};
 * - `bytes`: data; `argument`: data with a placement in memory; `body`: operations to repeat.
 *
 * A trailing `?` makes it optional, with 0 as its value.
 */
export type ArgumentKind =
  | 'descriptor'
  | 'address'
  | 'word'
  | 'word?'
  | 'client'
  | 'file'
  | 'document'
  | 'stop'
  | 'bytes'
  | 'argument'
  | 'body';

/**
 * What a successful operation returns in `value`. Of `zero` and `count` the same operation gives the
 * same value each time it is repeated, so a change of value counts as an anomaly.
 */
export type ResultKind = 'zero' | 'count' | 'descriptor' | 'address' | 'number';

/** A group of operations that a target offers or lacks as a whole. */
export type Capability =
  | 'files'
  | 'memory'
  | 'clients'
  | 'sockets'
  | 'procfs'
  | 'limits'
  | 'timing'
  | 'frames'
  | 'registry';

/** One row of {@link OPERATIONS}. */
export interface OperationSpec {
  /** Number on the wire. */
  readonly code: number;
  readonly capability: Capability;
  readonly result: ResultKind;
  /** Arguments in wire order. */
  readonly arguments: Readonly<Record<string, ArgumentKind>>;
  /** What it does, what `value` is and what the out bytes are, for the protocol page. */
  readonly summary: string;
}

/** Every operation that a Program can hold. */
export const OPERATIONS = {
  open: {
    code: 1,
    capability: 'files',
    result: 'descriptor',
    arguments: { file: 'file', flags: 'word' },
    summary: 'open(2) of a region or of one of the listed files.',
  },
  close: {
    code: 2,
    capability: 'files',
    result: 'zero',
    arguments: { fd: 'descriptor' },
    summary: 'close(2).',
  },
  ioctl: {
    code: 3,
    capability: 'files',
    result: 'count',
    arguments: { fd: 'descriptor', request: 'word', argument: 'argument' },
    summary: 'ioctl(2) with the argument placed as asked. Out: the argument as it is afterwards.',
  },
  dup: {
    code: 4,
    capability: 'files',
    result: 'descriptor',
    arguments: { fd: 'descriptor' },
    summary: 'dup(2).',
  },
  dup2: {
    code: 5,
    capability: 'files',
    result: 'descriptor',
    arguments: { fd: 'descriptor', to: 'descriptor' },
    summary: 'dup2(2).',
  },
  dup3: {
    code: 6,
    capability: 'files',
    result: 'descriptor',
    arguments: { fd: 'descriptor', to: 'descriptor', flags: 'word' },
    summary: 'dup3(2).',
  },
  fcntl: {
    code: 7,
    capability: 'files',
    result: 'number',
    arguments: { fd: 'descriptor', command: 'word', value: 'word?' },
    summary: 'fcntl(2) with an integer argument.',
  },
  fstat: {
    code: 8,
    capability: 'files',
    result: 'zero',
    arguments: { fd: 'descriptor' },
    summary: 'fstat(2). Out: five u64, in order st_mode, st_size, st_ino, st_dev, st_rdev.',
  },
  lseek: {
    code: 9,
    capability: 'files',
    result: 'count',
    arguments: { fd: 'descriptor', offset: 'word', whence: 'word' },
    summary: 'lseek(2).',
  },
  pread: {
    code: 10,
    capability: 'files',
    result: 'count',
    arguments: { fd: 'descriptor', length: 'word', offset: 'word?' },
    summary: 'pread(2) of at most 65,536 bytes. Out: the bytes read.',
  },
  pwrite: {
    code: 11,
    capability: 'files',
    result: 'count',
    arguments: { fd: 'descriptor', bytes: 'bytes', offset: 'word?' },
    summary: 'pwrite(2).',
  },
  poll: {
    code: 12,
    capability: 'files',
    result: 'count',
    arguments: { fd: 'descriptor', events: 'word', timeoutMs: 'word?' },
    summary: 'poll(2) on one descriptor; the value is revents, 0 after a time-out.',
  },
  mmap: {
    code: 13,
    capability: 'memory',
    result: 'address',
    arguments: {
      length: 'word',
      protection: 'word',
      flags: 'word',
      fd: 'descriptor',
      offset: 'word?',
    },
    summary: 'mmap(2) at an address of the kernel’s choice.',
  },
  munmap: {
    code: 14,
    capability: 'memory',
    result: 'zero',
    arguments: { address: 'address', length: 'word', offset: 'word?' },
    summary: 'munmap(2) of length bytes at address + offset.',
  },
  mprotect: {
    code: 15,
    capability: 'memory',
    result: 'zero',
    arguments: { address: 'address', length: 'word', protection: 'word', offset: 'word?' },
    summary: 'mprotect(2) of length bytes at address + offset.',
  },
  mremap: {
    code: 16,
    capability: 'memory',
    result: 'address',
    arguments: { address: 'address', oldLength: 'word', newLength: 'word', flags: 'word' },
    summary: 'mremap(2).',
  },
  load: {
    code: 17,
    capability: 'memory',
    result: 'count',
    arguments: { address: 'address', length: 'word', offset: 'word?' },
    summary: 'Reads at most 65,536 bytes at address + offset. Out: the bytes. Survives faults.',
  },
  store: {
    code: 18,
    capability: 'memory',
    result: 'count',
    arguments: { address: 'address', length: 'word', bytes: 'bytes', offset: 'word?' },
    summary: 'Fills length bytes at address + offset by repeating bytes. Survives faults.',
  },
  scan: {
    code: 19,
    capability: 'memory',
    result: 'count',
    arguments: { address: 'address', length: 'word', bytes: 'bytes', offset: 'word?' },
    summary:
      'Counts how many leading bytes at address + offset repeat bytes; length when all do. Out: up to 16 bytes from the first that does not. Survives faults.',
  },
  fork: {
    code: 20,
    capability: 'clients',
    result: 'number',
    arguments: { client: 'client', sacrificial: 'word?' },
    summary:
      'fork(2) of the calling client; the child can be named by the next Program on. A sacrificial child is the first that the OOM killer takes. The value is its process id.',
  },
  exec: {
    code: 21,
    capability: 'clients',
    result: 'zero',
    arguments: {},
    summary: 'execve(2) of the executor’s own probe, which goes on as the same client.',
  },
  wait: {
    code: 22,
    capability: 'clients',
    result: 'number',
    arguments: { client: 'client' },
    summary: 'Waits until the client is dead and reaped; the value is its wait status.',
  },
  exit: {
    code: 23,
    capability: 'clients',
    result: 'zero',
    arguments: { status: 'word' },
    summary: 'Ends the calling client; later operations of its threads do not run.',
  },
  kill: {
    code: 24,
    capability: 'clients',
    result: 'zero',
    arguments: { client: 'client', signal: 'word' },
    summary: 'kill(2) of a client of this session.',
  },
  socketpair: {
    code: 25,
    capability: 'sockets',
    result: 'zero',
    arguments: {},
    summary: 'socketpair(2), AF_UNIX, SOCK_DGRAM. Out: two s32 descriptors.',
  },
  sendfd: {
    code: 26,
    capability: 'sockets',
    result: 'count',
    arguments: { fd: 'descriptor', passed: 'descriptor' },
    summary: 'sendmsg(2), without blocking, of one byte and one descriptor by SCM_RIGHTS.',
  },
  recvfd: {
    code: 27,
    capability: 'sockets',
    result: 'descriptor',
    arguments: { fd: 'descriptor', flags: 'word?' },
    summary: 'recvmsg(2), without blocking, of one descriptor by SCM_RIGHTS.',
  },
  memfd: {
    code: 28,
    capability: 'files',
    result: 'descriptor',
    arguments: { length: 'word' },
    summary: 'memfd_create(2), then ftruncate(2) to length.',
  },
  readlink: {
    code: 29,
    capability: 'procfs',
    result: 'number',
    arguments: { fd: 'descriptor' },
    summary: 'readlink(2) of /proc/self/fd/N. Out: the text.',
  },
  readfile: {
    code: 30,
    capability: 'procfs',
    result: 'number',
    arguments: { document: 'document', fd: 'word?' },
    summary: 'Reads at most 65,536 bytes of one of the listed documents. Out: the text.',
  },
  setrlimit: {
    code: 31,
    capability: 'limits',
    result: 'zero',
    arguments: { resource: 'word', soft: 'word' },
    summary: 'setrlimit(2) of the soft limit.',
  },
  setuid: {
    code: 32,
    capability: 'limits',
    result: 'zero',
    arguments: { uid: 'word' },
    summary: 'setresuid(2) of all three user ids of the calling client.',
  },
  itimer: {
    code: 33,
    capability: 'timing',
    result: 'zero',
    arguments: { intervalUs: 'word' },
    summary:
      'setitimer(2): SIGALRM, without SA_RESTART, every intervalUs microseconds; 0 stops it.',
  },
  barrier: {
    code: 34,
    capability: 'timing',
    result: 'zero',
    arguments: { parties: 'word' },
    summary: 'Waits until that many threads of the Program have arrived.',
  },
  sleep: {
    code: 35,
    capability: 'timing',
    result: 'zero',
    arguments: { microseconds: 'word' },
    summary: 'clock_nanosleep(2).',
  },
  repeat: {
    code: 36,
    capability: 'timing',
    result: 'number',
    arguments: { times: 'word', stop: 'stop', body: 'body' },
    summary:
      'Runs body up to `times` times; the value is the number of whole iterations. Out: a repeat summary.',
  },
  descriptors: {
    code: 37,
    capability: 'procfs',
    result: 'number',
    arguments: {},
    summary:
      'Lists the open descriptors of the client, less the executor’s own. The value is how many. Out: ascending s32.',
  },
  reopen: {
    code: 38,
    capability: 'procfs',
    result: 'descriptor',
    arguments: { fd: 'descriptor', flags: 'word' },
    summary: 'open(2) of /proc/self/fd/N.',
  },
  ftruncate: {
    code: 39,
    capability: 'files',
    result: 'zero',
    arguments: { fd: 'descriptor', length: 'word' },
    summary: 'ftruncate(2).',
  },
  frames: {
    code: 40,
    capability: 'frames',
    result: 'count',
    arguments: { address: 'address', length: 'word' },
    summary:
      'Looks up the page frame of each page of a mapping in /proc/self/pagemap, touching it first. The value is how many pages. Out: one u64 frame number a page, at most 8,192.',
  },
  peek: {
    code: 41,
    capability: 'clients',
    result: 'count',
    arguments: { client: 'client', address: 'address', length: 'word' },
    summary:
      'process_vm_readv(2) of at most 65,536 bytes from another client’s memory. Out: the bytes.',
  },
} as const satisfies Readonly<Record<string, OperationSpec>>;

/** The name of an operation. */
export type OperationName = keyof typeof OPERATIONS;

/**
 * Files that `open` reaches beside the regions `region:0` to `region:255` and the nodes `minor:0` to
 * `minor:255` of the Simple Allocator's major. The control node registers and unregisters allocators
 * for tests; docs/test-control.md says how.
 */
export const FILES = [
  '/dev/null',
  '/dev/zero',
  '/dev/udmabuf',
  '/dev/dri/card0',
  '/dev/allocert_control',
] as const;

/** A region or a node by its number, or one of {@link FILES}. */
export type FileName = `region:${number}` | `minor:${number}` | (typeof FILES)[number];

/**
 * Documents that `readfile` reaches; `fdinfo` is that of the descriptor given, and the class is one
 * line `NAME MAJOR:MINOR` for each device in it.
 */
export const DOCUMENTS = [
  '/proc/meminfo',
  '/proc/self/fdinfo',
  '/proc/self/status',
  '/proc/devices',
  '/sys/class/simple_allocator',
] as const;

/** One of {@link DOCUMENTS}. */
export type DocumentName = (typeof DOCUMENTS)[number];

/** When `repeat` ends before its count: never, at the first failure, or at the first success. */
export const STOPS = ['never', 'failure', 'success'] as const;

/** One of {@link STOPS}. */
export type StopRule = (typeof STOPS)[number];

/** The most operands that one operation has; a record on the wire reserves room for as many. */
export const OPERANDS_MAX = 6;

/** The most bytes that `load`, `pread` and `readfile` return. */
export const OUT_BYTES_MAX = 65_536;

/** Slots are numbered below this on the wire. */
export const SLOTS_MAX = 65_536;

/** The table's rows with their names, in code order. */
export const OPERATION_ROWS: readonly (readonly [OperationName, OperationSpec])[] = (
  Object.entries(OPERATIONS) as [OperationName, OperationSpec][]
).toSorted((a, b) => a[1].code - b[1].code);

/** Whether an argument travels in an operand (as opposed to the data section or a body). */
export function isOperandKind(kind: ArgumentKind): boolean {
  return kind !== 'bytes' && kind !== 'argument' && kind !== 'body';
}
