import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { CallReply } from '../../interpreter/answer.ts';
import type { UserArgument } from '../../interpreter/user-argument.ts';
import { DmaBuf } from '../buffers/dma-buf.ts';
import type { Handler, KernelCall } from '../calls/kernel-call.ts';
import { failed } from '../kernel/errno.ts';
import type { OpenFile } from '../kernel/open-file.ts';
import { defects } from './defect.ts';
import { leak, leaky } from './ownership.ts';

const { F_DUPFD_CLOEXEC, MSG_PEEK, O_PATH } = linuxNumbers;

/** Loses a buffer when a call on its descriptor succeeds, or fails, as asked. */
const losing =
  (when: 'ok' | 'refused') =>
  (right: Handler): Handler =>
  (call) => {
    const file = call.anyFile();
    const reply = right(call) as CallReply;
    if (file instanceof DmaBuf && failed(reply) === (when === 'refused')) leak(file);
    return reply;
  };

/** Makes a driver hold the last buffer that it was shown, and let go of the one before. */
function keepsLast(): (buffer: DmaBuf) => void {
  const last = new WeakMap<object, DmaBuf>();
  return (buffer) => {
    const { region } = buffer.pages;
    const before = last.get(region);
    if (before === buffer) return;
    last.set(region, buffer);
    buffer.hold('get_dma_buf');
    before?.put('dma_buf_put');
  };
}

/** The buffer that is mapped at an address of the calling client. */
function mappedAt(call: KernelCall): OpenFile | undefined {
  const { space } = call.client;
  return space.areaAt(Number(call.word('address') / BigInt(space.pageBytes)))?.file;
}

/** Bugs in how descriptors and mappings of a buffer are counted, and in what merely uses it. */
export const REFERENCE_DEFECTS = defects({
  'replaced-descriptor-leaks': {
    breaks: 'LIF-14',
    summary: 'A buffer whose descriptor dup3 replaces is never freed.',
    DmaBuf: leaky,
    HANDLERS: (right) => ({
      ...right,
      dup3: (call) => {
        const before = call.client.table.at(call.int('to'));
        if (before instanceof DmaBuf && before.references === 1) leak(before);
        return right.dup3(call);
      },
    }),
  },
  'closing-duplicate-uncounted': {
    breaks: 'LIF-14',
    summary: 'F_DUPFD_CLOEXEC makes a descriptor that is not counted.',
    HANDLERS: (right) => ({
      ...right,
      fcntl: (call) => {
        const reply = right.fcntl(call);
        const file = call.anyFile();
        const closing = call.int('command') === F_DUPFD_CLOEXEC && typeof reply === 'bigint';
        if (closing && file instanceof DmaBuf) file.put('do_fcntl');
        return reply;
      },
    }),
  },
  'closing-duplicate-leaks': {
    breaks: 'LIF-14',
    summary: 'A buffer that F_DUPFD_CLOEXEC duplicated is never freed.',
    DmaBuf: leaky,
    HANDLERS: (right) => ({
      ...right,
      fcntl: (call) => {
        if (call.int('command') !== F_DUPFD_CLOEXEC) return right.fcntl(call);
        return losing('ok')(right.fcntl)(call);
      },
    }),
  },
  'peeked-message-leaks': {
    breaks: 'LIF-14',
    summary: 'A buffer in a message that was looked at is never freed.',
    DmaBuf: leaky,
    HANDLERS: (right) => ({
      ...right,
      recvfd: (call) => {
        const reply = right.recvfd(call) as CallReply;
        const file = typeof reply === 'bigint' ? call.client.table.at(Number(reply)) : undefined;
        if ((call.uint('flags') & MSG_PEEK) !== 0 && file instanceof DmaBuf) leak(file);
        return reply;
      },
    }),
  },
  'named-buffer-leaks': {
    breaks: 'LIF-14',
    summary: 'A buffer that was opened by name with O_PATH is never freed.',
    DmaBuf: leaky,
    HANDLERS: (right) => ({
      ...right,
      reopen: (call) => {
        if ((call.uint('flags') & O_PATH) === 0) return right.reopen(call);
        return losing('ok')(right.reopen)(call);
      },
    }),
  },
  'split-mapping-counted-once': {
    breaks: 'LIF-15',
    summary: 'A mapping that mprotect splits is counted once, and each piece drops it.',
    AddressSpace: (Right) =>
      class extends Right {
        override protect(start: number, end: number, protection: number): bigint | ErrnoName {
          const file = this.areaAt(start)?.file;
          const before = file?.mappings ?? 0;
          const changed = super.protect(start, end, protection);
          for (let more = (file?.mappings ?? 0) - before; more > 0; more -= 1) file?.putMapping();
          return changed;
        }
      },
  },
  'shrunk-mapping-leaks': {
    breaks: 'LIF-15',
    summary: 'A buffer whose mapping mremap made shorter is never freed.',
    DmaBuf: leaky,
    HANDLERS: (right) => ({
      ...right,
      mremap: (call) => {
        const file = mappedAt(call);
        const shrinks = call.word('newLength') < call.word('oldLength');
        const reply = right.mremap(call);
        if (shrinks && typeof reply === 'bigint' && file instanceof DmaBuf) leak(file);
        return reply;
      },
    }),
  },
  'shrunk-mapping-freed': {
    breaks: 'LIF-15',
    summary: 'mremap to fewer pages frees a buffer that nothing but the mapping holds.',
    HANDLERS: (right) => ({
      ...right,
      mremap: (call) => {
        const file = mappedAt(call);
        const shrinks = call.word('newLength') < call.word('oldLength');
        const reply = right.mremap(call);
        const alone = file instanceof DmaBuf && file.references === file.mappings;
        if (shrinks && typeof reply === 'bigint' && alone) file.freePages();
        return reply;
      },
    }),
  },
  'advised-mapping-leaks': {
    breaks: 'LIF-15',
    summary: 'A buffer with advice on a part of its mapping is never freed.',
    DmaBuf: leaky,
    HANDLERS: (right) => ({
      ...right,
      madvise: (call) => {
        const file = mappedAt(call);
        if (file instanceof DmaBuf && call.word('offset') > 0n) leak(file);
        return right.madvise(call);
      },
    }),
  },
  'measured-buffer-leaks': {
    breaks: 'LIF-16',
    summary: 'fstat keeps a reference to its buffer.',
    DmaBuf: leaky,
    HANDLERS: (right) => ({ ...right, fstat: losing('ok')(right.fstat) }),
  },
  'refused-read-leaks': {
    breaks: 'LIF-16',
    summary: 'A pread that is refused keeps the buffer.',
    DmaBuf: leaky,
    HANDLERS: (right) => ({ ...right, pread: losing('refused')(right.pread) }),
  },
  'told-buffer-leaks': {
    breaks: 'LIF-16',
    summary: 'A buffer whose fdinfo was read is never freed.',
    DmaBuf: (Right) =>
      class extends leaky(Right) {
        override information(): string {
          leak(this);
          return super.information();
        }
      },
  },
  'refused-reopen-leaks': {
    breaks: 'LIF-16',
    summary: 'Opening the link in /proc is refused and keeps the buffer.',
    DmaBuf: leaky,
    HANDLERS: (right) => ({ ...right, reopen: losing('refused')(right.reopen) }),
  },
  'named-by-command-leaks': {
    breaks: 'LIF-16',
    summary: 'A buffer that was given a name is never freed.',
    DmaBuf: (Right) =>
      class extends leaky(Right) {
        protected override setName(argument: UserArgument): bigint | ErrnoName {
          leak(this);
          return super.setName(argument);
        }
      },
  },
  'refused-mapping-leaks': {
    breaks: 'LIF-16',
    summary: 'A mapping past the end is refused and keeps the buffer.',
    DmaBuf: (Right) =>
      class extends leaky(Right) {
        override map(first: number, count: number): ReturnType<DmaBuf['map']> {
          const backing = super.map(first, count);
          if (failed(backing)) leak(this);
          return backing;
        }
      },
  },
  'last-received-buffer-kept': {
    breaks: 'LIF-14',
    summary: 'The last buffer that came in a message is held until another one comes.',
    needs: 'bounded=no',
    HANDLERS: (right) => {
      const keep = keepsLast();
      return {
        ...right,
        recvfd: (call) => {
          const reply = right.recvfd(call) as CallReply;
          const file = typeof reply === 'bigint' ? call.client.table.at(Number(reply)) : undefined;
          if (file instanceof DmaBuf) keep(file);
          return reply;
        },
      };
    },
  },
  'last-advised-buffer-kept': {
    breaks: 'LIF-15',
    summary: 'The last buffer whose mapping had advice is held until another one has.',
    needs: 'bounded=no',
    HANDLERS: (right) => {
      const keep = keepsLast();
      return {
        ...right,
        madvise: (call) => {
          const file = mappedAt(call);
          if (file instanceof DmaBuf) keep(file);
          return right.madvise(call);
        },
      };
    },
  },
  'last-synced-buffer-kept': {
    breaks: 'LIF-16',
    summary: 'The last buffer that was synchronised is held until another one is.',
    needs: 'bounded=no',
    DmaBuf: (Right) => {
      const keep = keepsLast();
      return class extends Right {
        protected override sync(argument: UserArgument): bigint | ErrnoName {
          const reply = super.sync(argument);
          if (!failed(reply)) keep(this);
          return reply;
        }
      };
    },
  },
});
