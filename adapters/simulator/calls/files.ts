import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { Argument } from '../../contract/program.ts';
import type { CallReply } from '../../interpreter/answer.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import { UserArgument } from '../../interpreter/user-argument.ts';
import { CharacterFile } from '../kernel/character-file.ts';
import { failed } from '../kernel/errno.ts';
import { Memfd } from '../kernel/memfd.ts';
import type { OpenFile } from '../kernel/open-file.ts';
import { PageStore } from '../kernel/pages.ts';
import { PathFile } from '../kernel/path-file.ts';
import type { Handler, KernelCall } from './kernel-call.ts';

const {
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  /** Set by open(2) itself on 64-bit machines. */
  O_LARGEFILE,
  O_NOCTTY,
  O_PATH,
  O_RDWR,
  O_TRUNC,
  POLLNVAL,
  /** The last that the kernel knows of for any file. */
  SEEK_MAX,
} = linuxNumbers;
/** Flags that only matter while a file is opened. */
const OPENING_FLAGS = O_CLOEXEC | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC;
const TRANSFER_BYTES_MAX = 65_536;
const FILE_BYTES_MAX = 2n ** 62n;
const ROOT = 0;

const open: Handler = (call) => {
  const flags = call.uint('flags');
  const file = openNamed(call, call.operation.file as string, statusFlags(flags));
  if (failed(file)) return file;
  const refusal = refusalOf(flags);
  if (refusal === undefined) return call.install(file, (flags & O_CLOEXEC) !== 0);
  file.put('fput');
  return refusal;
};

const statusFlags = (flags: number): number =>
  (flags & O_PATH) !== 0 ? flags & (O_PATH | O_DIRECTORY) : (flags & ~OPENING_FLAGS) | O_LARGEFILE;

function refusalOf(flags: number): 'EEXIST' | 'ENOTDIR' | undefined {
  if ((flags & O_DIRECTORY) !== 0) return 'ENOTDIR';
  const exclusive = (flags & O_PATH) === 0 && (flags & O_CREAT) !== 0 && (flags & O_EXCL) !== 0;
  return exclusive ? 'EEXIST' : undefined;
}

function openNamed(call: KernelCall, name: string, flags: number): OpenFile | ErrnoName {
  const { devices, log, pageBytes } = call.kernel;
  if (name === '/dev/null' || name === '/dev/zero') {
    return new CharacterFile(log, flags, name === '/dev/zero', pageBytes);
  }
  const file = devices.open(name, flags);
  if (failed(file) || mayOpen(call, file)) return file;
  file.put('fput');
  return 'EACCES';
}

/** Nodes that belong to root with mode 0600; O_PATH asks for no permission on them. */
const mayOpen = (call: KernelCall, file: OpenFile): boolean =>
  call.client.uid === ROOT || file.pathOnly || !file.rootOnly;

/** Between the two steps of close(2) the number is free and the file still lives. */
function* close(call: KernelCall): SystemCall<CallReply> {
  const number = call.int('fd');
  const { table } = call.client;
  const file = table.detach(number);
  if (file === undefined) return 'EBADF';
  yield 'close.detached';
  if (file.alive('filp_close')) {
    file.flush();
    file.put('fput');
  }
  return 0n;
}

function* ioctl(call: KernelCall): SystemCall<CallReply> {
  const { kernel } = call;
  const given = call.operation.argument as Argument;
  const argument = UserArgument.place(given, kernel.pageBytes, call.context.random);
  if (argument === undefined) return { unsupported: true };
  call.argument = argument;
  const file = call.file();
  if (failed(file)) return { value: file, out: argument.bytes };
  call.fget(file);
  const value = yield* file.ioctl(call.uint('request'), argument, call.caller);
  call.fput(file);
  const redZone = argument.touchedZones;
  return { value, out: argument.bytes, ...(redZone.length === 0 ? {} : { redZone }) };
}

const fstat: Handler = (call) => {
  const file = call.anyFile();
  if (failed(file)) return file;
  const { mode, size, inode, device = 0, special = 0 } = file.status();
  const words = [BigInt(mode), size, BigInt(inode), BigInt(device), BigInt(special)];
  return { value: 0n, out: new Uint8Array(BigUint64Array.from(words).buffer) };
};

const lseek: Handler = (call) => {
  const file = call.file();
  if (failed(file)) return file;
  if (call.uint('whence') > SEEK_MAX) return 'EINVAL';
  return file.seek(BigInt.asIntN(64, call.word('offset')), call.int('whence'));
};

/** The file of pread and pwrite, once the descriptor and the offset allow it. */
function positionedFile(call: KernelCall, access: 'readable' | 'writable'): OpenFile | ErrnoName {
  if (BigInt.asIntN(64, call.word('offset')) < 0n) return 'EINVAL';
  const file = call.file();
  if (failed(file)) return file;
  if (!file.positioned) return 'ESPIPE';
  return file[access] ? file : 'EBADF';
}

const pread: Handler = (call) => {
  const file = positionedFile(call, 'readable');
  if (failed(file)) return file;
  const asked = call.word('length');
  const length = asked < TRANSFER_BYTES_MAX ? Number(asked) : TRANSFER_BYTES_MAX;
  const bytes = file.read(length, call.word('offset'));
  return failed(bytes) ? bytes : { value: BigInt(bytes.length), out: bytes };
};

const pwrite: Handler = (call) => {
  const file = positionedFile(call, 'writable');
  return failed(file) ? file : file.write(call.bytes, call.word('offset'));
};

function* poll(call: KernelCall): SystemCall<CallReply> {
  const number = call.int('fd');
  if (number >= 0 && failed(call.file())) return BigInt(POLLNVAL);
  const events = (): number => {
    const file = call.file();
    return failed(file) ? 0 : file.poll() & call.uint('events');
  };
  const timeoutMs = call.int('timeoutMs');
  if (events() !== 0 || timeoutMs === 0) return BigInt(events());
  const wakeAt = call.kernel.clock.now + BigInt(timeoutMs) * 1_000_000n;
  const woken = yield* call.sleep(() => events() !== 0, timeoutMs < 0 ? undefined : wakeAt);
  return woken === 'interrupted' ? 'EINTR' : BigInt(events());
}

const memfd: Handler = (call) => {
  const length = BigInt.asIntN(64, call.word('length'));
  if (length < 0n) return 'EINVAL';
  if (length > FILE_BYTES_MAX) return 'EFBIG';
  const { log, nextInode, pageBytes } = call.kernel;
  const store = new PageStore(pageBytes);
  const inode = { store, number: nextInode(), sizeBytes: Number(length) };
  return call.install(new Memfd(log, O_RDWR | O_LARGEFILE, inode), false);
};

/** open(2) of the link in /proc: a device node asks for permission again. */
const reopen: Handler = (call) => {
  const file = call.anyFile();
  if (failed(file)) return 'ENOENT';
  const flags = call.uint('flags');
  const refusal = refusalOf(flags);
  if (refusal !== undefined) return refusal;
  const naming = (flags & O_PATH) !== 0;
  if (file.rootOnly && call.client.uid !== ROOT && !naming) return 'EACCES';
  const opened = openAgain(call, file, statusFlags(flags));
  return failed(opened) ? opened : call.install(opened, (flags & O_CLOEXEC) !== 0);
};

/** With O_PATH a file is named only, which needs nothing of the file itself. */
const openAgain = (call: KernelCall, file: OpenFile, flags: number): OpenFile | ErrnoName =>
  (flags & O_PATH) === 0 ? file.reopen(flags) : new PathFile(call.kernel.log, flags, file);

const ftruncate: Handler = (call) => {
  const length = BigInt.asIntN(64, call.word('length'));
  if (length < 0n) return 'EINVAL';
  const file = call.file();
  if (failed(file)) return file;
  return file.writable ? file.truncate(length) : 'EINVAL';
};

/** System calls on files. */
export const fileCalls = {
  open,
  close,
  ioctl,
  fstat,
  lseek,
  pread,
  pwrite,
  poll,
  memfd,
  reopen,
  ftruncate,
} as const satisfies Record<string, Handler>;
