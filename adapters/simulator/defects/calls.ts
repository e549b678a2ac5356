import { DmaBuf } from '../buffers/dma-buf.ts';
import type { KernelCall } from '../calls/kernel-call.ts';
import type { OpenFile } from '../kernel/open-file.ts';
import { defects } from './defect.ts';

const TWO_GIB = 1n << 31n;
const FOUR_GIB = 1n << 32n;

/** Files that descriptors of a client once referred to. */
const remembered = new WeakMap<object, Map<number, OpenFile>>();

/** Cuts an argument of one system call to 32 bits. */
const cutting =
  (op: string, argument: string) =>
  (Right: typeof KernelCall): typeof KernelCall =>
    class extends Right {
      override word(name: string): bigint {
        const word = super.word(name);
        return this.operation.op === op && name === argument ? word % FOUR_GIB : word;
      }
    };

const bufferAt = (call: KernelCall): DmaBuf | undefined => {
  const file = call.anyFile();
  return file instanceof DmaBuf ? file : undefined;
};

/** Bugs of system calls on buffers that only unusual arguments show. */
export const CALL_DEFECTS = defects({
  'negative-descriptor-counts-back': {
    breaks: 'FD-13',
    summary: 'A negative descriptor counts from the last one.',
    KernelCall: (Right) =>
      class extends Right {
        override anyFile(name = 'fd'): OpenFile | 'EBADF' {
          const number = this.int(name);
          return (
            (number < 0 ? this.client.table.files.at(number) : undefined) ?? super.anyFile(name)
          );
        }
      },
  },
  'closed-descriptor-remembered': {
    breaks: 'FD-13',
    summary: 'fstat still knows what a closed descriptor was.',
    HANDLERS: (right) => ({
      ...right,
      fstat: (call) => {
        const known = remembered.get(call.client.table) ?? new Map<number, OpenFile>();
        remembered.set(call.client.table, known);
        for (const number of call.client.table.numbers) {
          const file = call.client.table.at(number);
          if (file !== undefined) known.set(number, file);
        }
        const reply = right.fstat(call);
        return reply === 'EBADF' && known.has(call.int('fd')) ? 0n : reply;
      },
      dup: (call) => {
        const reply = right.dup(call);
        const file = call.anyFile();
        if (typeof reply !== 'bigint' || file === 'EBADF') return reply;
        const known = remembered.get(call.client.table) ?? new Map<number, OpenFile>();
        remembered.set(call.client.table, known.set(Number(reply), file));
        return reply;
      },
    }),
  },
  'read-past-two-gib': {
    breaks: 'FD-14',
    summary: 'A pread so far behind the end of a buffer finds nothing instead of being refused.',
    HANDLERS: (right) => ({
      ...right,
      pread: (call) => {
        const far = bufferAt(call) !== undefined && call.word('offset') >= TWO_GIB;
        return far ? { value: 0n, out: new Uint8Array(0) } : right.pread(call);
      },
    }),
  },
  'write-of-nothing': {
    breaks: 'FD-14',
    summary: 'A pwrite of no bytes is carried out.',
    HANDLERS: (right) => ({
      ...right,
      pwrite: (call) =>
        bufferAt(call) !== undefined && call.bytes.length === 0 ? 0n : right.pwrite(call),
    }),
  },
  'truncate-to-two-gib': {
    breaks: 'FD-14',
    summary: 'A buffer may be made as long as two GiB.',
    HANDLERS: (right) => ({
      ...right,
      ftruncate: (call) =>
        bufferAt(call) !== undefined && call.word('length') === TWO_GIB
          ? 0n
          : right.ftruncate(call),
    }),
  },
  'truncate-clears-first': {
    breaks: 'FD-14',
    summary: 'A refused ftruncate clears the first page of the region.',
    HANDLERS: (right) => ({
      ...right,
      ftruncate: (call) => {
        bufferAt(call)?.pages.region.store.fill(0, 0);
        return right.ftruncate(call);
      },
    }),
  },
  'seek-offset-cut': {
    breaks: 'FD-14',
    summary: 'lseek takes 32 bits of an offset.',
    KernelCall: cutting('lseek', 'offset'),
  },
  'mmap-offset-cut': {
    breaks: 'FD-14',
    summary: 'mmap takes 32 bits of an offset.',
    KernelCall: cutting('mmap', 'offset'),
  },
  'received-buffer-clears-first': {
    breaks: 'FD-14',
    summary: 'Taking a buffer out of a message clears the first page of the region.',
    HANDLERS: (right) => ({
      ...right,
      recvfd: (call) => {
        const reply = right.recvfd(call);
        if (typeof reply === 'bigint') {
          const file = call.client.table.at(Number(reply));
          if (file instanceof DmaBuf) file.pages.region.store.fill(0, 0);
        }
        return reply;
      },
    }),
  },
});
