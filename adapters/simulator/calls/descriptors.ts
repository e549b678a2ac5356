import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { CallReply } from '../../interpreter/answer.ts';
import { failed } from '../kernel/errno.ts';
import type { OpenFile } from '../kernel/open-file.ts';
import type { Handler, KernelCall } from './kernel-call.ts';

const {
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  O_APPEND,
  O_CLOEXEC,
  O_DIRECT,
  O_NOATIME,
  O_NONBLOCK,
} = linuxNumbers;
/** O_DIRECT is not among them: it needs a file that can do it, and none can. */
const SETTABLE_FLAGS = O_APPEND | O_NONBLOCK | O_NOATIME;

const dup: Handler = (call) => {
  const file = call.anyFile();
  return failed(file) ? file : call.install(file.hold('fget_raw'), false);
};

function duplicateTo(call: KernelCall, closeOnExec: boolean): CallReply {
  const to = call.int('to');
  if (to < 0 || to >= call.client.descriptorLimit) return 'EBADF';
  const file = call.anyFile();
  if (failed(file)) return file;
  const before = call.client.table.replace(to, file.hold('do_dup2'), closeOnExec);
  if (before === 'EBUSY') {
    file.put('fput');
    return 'EBUSY';
  }
  if (before?.alive('filp_close') === true) {
    before.flush();
    before.put('fput');
  }
  return BigInt(to);
}

const dup2: Handler = (call) => {
  if (call.int('to') !== call.int('fd')) return duplicateTo(call, false);
  return failed(call.anyFile()) ? 'EBADF' : BigInt(call.int('to'));
};

const dup3: Handler = (call) => {
  const flags = call.uint('flags');
  if ((flags & ~O_CLOEXEC) !== 0 || call.int('to') === call.int('fd')) return 'EINVAL';
  return duplicateTo(call, flags !== 0);
};

const fcntl: Handler = (call) => {
  const file = call.anyFile();
  if (failed(file)) return file;
  const number = call.int('fd');
  const { table } = call.client;
  const command = call.int('command');
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: {
      const from = call.word('value');
      if (from >= BigInt(call.client.descriptorLimit)) return 'EINVAL';
      return call.install(file.hold('fget_raw'), command === F_DUPFD_CLOEXEC, Number(from));
    }
    case F_GETFD:
      return table.isCloseOnExec(number) ? 1n : 0n;
    case F_SETFD:
      table.setCloseOnExec(number, (call.uint('value') & FD_CLOEXEC) !== 0);
      return 0n;
    case F_GETFL:
      return BigInt(file.flags);
    default:
      return command === F_SETFL && !file.pathOnly
        ? setFlags(file, call.uint('value'))
        : other(file);
  }
};

const other = (file: OpenFile): CallReply => (file.pathOnly ? 'EBADF' : 'EINVAL');

function setFlags(file: OpenFile, flags: number): CallReply {
  if ((flags & O_DIRECT) !== 0) return 'EINVAL';
  file.flags = (file.flags & ~SETTABLE_FLAGS) | (flags & SETTABLE_FLAGS);
  return 0n;
}

/** System calls on descriptors. */
export const descriptorCalls = { dup, dup2, dup3, fcntl } as const satisfies Record<
  string,
  Handler
>;
