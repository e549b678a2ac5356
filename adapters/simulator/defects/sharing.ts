import type { CallReply } from '../../interpreter/answer.ts';
import { DmaBuf } from '../buffers/dma-buf.ts';
import type { Handler } from '../calls/kernel-call.ts';
import type { AddressSpace } from '../kernel/address-space.ts';
import type { ClientProcess } from '../kernel/client-process.ts';
import type { OpenFile } from '../kernel/open-file.ts';
import { defects } from './defect.ts';
import { leak, leaky, revocable, revoke } from './ownership.ts';

/** A client that ended, or became another program, takes what it had asked for with it. */
function revokeOwned(client: ClientProcess): void {
  for (const buffer of owned.get(client) ?? []) if (!buffer.freed) revoke(buffer);
}

/** The buffers that each client has asked for. */
const owned = new WeakMap<ClientProcess, Set<DmaBuf>>();
const known = new WeakSet<DmaBuf>();

/** Notes whose each buffer is that a request has made. */
const owning = (right: Handler): Handler =>
  function* (call) {
    const reply = right(call);
    const value =
      typeof reply === 'object' && 'next' in reply ? yield* reply : (reply as CallReply);
    const mine = owned.get(call.client) ?? new Set();
    owned.set(call.client, mine);
    for (const file of call.client.table.files) {
      if (!(file instanceof DmaBuf) || known.has(file)) continue;
      known.add(file);
      mine.add(file);
    }
    return value;
  };

/** Buffers that were received at least once. */
const travelled = new WeakSet<OpenFile>();
/** Address spaces by how many forks they are away from the first. */
const generations = new WeakMap<AddressSpace, number>();

/** Bugs of buffers that several processes have, or that a message carries between them. */
export const SHARING_DEFECTS = defects({
  'freed-with-allocator': {
    breaks: 'LIF-12',
    summary:
      'A buffer is freed when the process that requested it ends, even if another one has it.',
    DmaBuf: revocable,
    HANDLERS: (right) => ({ ...right, ioctl: owning(right.ioctl) }),
    Kernel: (Right) =>
      class extends Right {
        protected override reap(client: ClientProcess): void {
          super.reap(client);
          revokeOwned(client);
        }
      },
  },
  'freed-when-allocator-execs': {
    breaks: 'LIF-12',
    summary: 'A buffer is freed when the process that requested it calls exec.',
    DmaBuf: revocable,
    HANDLERS: (right) => ({
      ...right,
      ioctl: owning(right.ioctl),
      exec: (call) => {
        revokeOwned(call.client);
        return right.exec(call);
      },
    }),
  },
  'leak-when-allocator-ends-first': {
    breaks: 'LIF-12',
    summary: 'A buffer that outlives the process that asked for it is never freed.',
    DmaBuf: leaky,
    HANDLERS: (right) => ({ ...right, ioctl: owning(right.ioctl) }),
    Kernel: (Right) =>
      class extends Right {
        protected override reap(client: ClientProcess): void {
          super.reap(client);
          for (const buffer of owned.get(client) ?? []) if (!buffer.freed) leak(buffer);
        }
      },
  },
  'grandchild-mapping-uncounted': {
    breaks: 'LIF-12',
    summary: 'Mappings are counted for a child, and not for a child of that.',
    AddressSpace: (Right) =>
      class extends Right {
        override copy(): AddressSpace {
          const copy = super.copy() as this;
          const generation = (generations.get(this) ?? 0) + 1;
          generations.set(copy, generation);
          // main, the client of a case, its child, and a child of that.
          if (generation > 2) for (const file of copy.mappedFiles) file.putMapping();
          return copy;
        }
      },
  },
  'relayed-message-uncounted': {
    breaks: 'LIF-13',
    summary: 'A buffer that was received and is sent on is not held by the message.',
    DmaBuf: (Right) =>
      class extends Right {
        override hold(where: string): this {
          if (where !== 'scm_fp_copy' || !travelled.has(this)) return super.hold(where);
          return this;
        }
      },
    HANDLERS: (right) => ({
      ...right,
      recvfd: (call) => {
        const reply = right.recvfd(call) as CallReply;
        const file = typeof reply === 'bigint' ? call.client.table.at(Number(reply)) : undefined;
        if (file !== undefined) travelled.add(file);
        return reply;
      },
    }),
  },
  'leak-when-receiver-ends': {
    breaks: 'LIF-13',
    summary: 'A buffer in a message whose receiver ended is never freed.',
    DmaBuf: leaky,
    Kernel: (Right) =>
      class extends Right {
        protected override reap(client: ClientProcess): void {
          const { files } = client.table;
          for (const socket of this.sockets) {
            const mine = files.filter((file) => file === socket).length;
            if (mine < socket.references) continue;
            for (const file of socket.inFlight) if (file instanceof DmaBuf) leak(file);
          }
          super.reap(client);
        }
      },
  },
  'kept-mapping-counted': {
    breaks: 'LIF-17',
    summary: 'A mapping that a child does not inherit is counted for it all the same.',
    AddressSpace: (Right) =>
      class extends Right {
        protected override keptBack(file: OpenFile): void {
          file.hold('dup_mmap');
        }
      },
  },
  'kept-mapping-dropped': {
    breaks: 'LIF-17',
    summary: 'A fork drops the reference of a mapping that the child does not inherit.',
    AddressSpace: (Right) =>
      class extends Right {
        protected override keptBack(file: OpenFile): void {
          file.putMapping();
        }
      },
  },
  'kept-mapping-inherited': {
    breaks: 'LIF-17',
    summary: 'A child inherits mappings that MADV_DONTFORK keeps from it.',
    AddressSpace: (Right) =>
      class extends Right {
        protected override isInherited(): boolean {
          return true;
        }
      },
  },
});
