import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import { DmaBuf } from '../buffers/dma-buf.ts';
import type { ClientProcess } from '../kernel/client-process.ts';
import { around } from './around.ts';
import { defects } from './defect.ts';
import { leak, leaky } from './ownership.ts';

/** The last page of each buffer whose number is a multiple of so many is never freed. */
const oneIn =
  (turn: number) =>
  (Right: typeof DmaBuf): typeof DmaBuf =>
    class extends Right {
      protected override get pagesToFree(): number {
        return super.pagesToFree - (this.inode % turn === 0 ? 1 : 0);
      }
    };

/** Whether a buffer has references besides its mappings and one descriptor. */
const hasOtherDescriptors = ({ mappings, references }: DmaBuf): boolean =>
  references - mappings > 1;

/** Bugs in when a buffer's pages go back, and how many of them. */
export const LIFETIME_DEFECTS = defects({
  'message-holds-nothing': {
    breaks: 'FD-05',
    summary: 'A buffer in a message is freed when its sender closes it.',
    DmaBuf: (Right) =>
      class extends Right {
        override hold(where: string): this {
          return where === 'scm_fp_copy' ? this : super.hold(where);
        }
      },
  },
  'leak-on-close': {
    breaks: 'LIF-01',
    summary: 'The last page of each buffer is never freed.',
    inParallel: true,
    DmaBuf: oneIn(1),
  },
  'leak-one-in-64': {
    breaks: 'LIF-01',
    summary: 'Each 64th buffer loses its last page.',
    inParallel: true,
    DmaBuf: oneIn(64),
  },
  'leak-one-in-4096': {
    breaks: 'LIF-09',
    summary: 'Each 4096th buffer loses its last page.',
    DmaBuf: oneIn(4096),
  },
  'frees-one-page-more': {
    breaks: 'LIF-08',
    summary: 'Freeing a buffer frees the page behind it, too.',
    inParallel: true,
    DmaBuf: (Right) =>
      class extends Right {
        protected override get pagesToFree(): number {
          return super.pagesToFree + 1;
        }
      },
  },
  'leak-on-zero-length': {
    breaks: 'LIF-09',
    summary: 'A request of length 0 is refused and costs a page.',
    CmaAllocator: (Right) =>
      class extends Right {
        override *allocate(length: bigint, flags: number): SystemCall<DmaBuf | ErrnoName> {
          const buffer = yield* super.allocate(length, flags);
          if (buffer === 'EINVAL') this.region.allocate(1);
          return buffer;
        }
      },
  },
  'freed-while-mapped': {
    breaks: 'LIF-04 LIF-10 MAP-12',
    summary: 'Closing frees the pages though a mapping lives.',
    DmaBuf: (Right) =>
      class extends Right {
        override flush(): void {
          if (!hasOtherDescriptors(this)) this.freePages();
          super.flush();
        }
      },
  },
  'freed-on-first-close': {
    breaks: 'LIF-03 FD-04 LIF-10',
    summary: 'Closing one of two descriptors frees the pages.',
    inParallel: true,
    DmaBuf: (Right) =>
      class extends Right {
        override flush(): void {
          if (hasOtherDescriptors(this)) this.freePages();
          super.flush();
        }
      },
  },
  'leak-after-device-close': {
    breaks: 'LIF-02',
    summary: 'Buffers that outlive the device are never freed.',
    DmaBuf: leaky,
    DeviceFile: (Right) =>
      class extends Right {
        readonly #buffers = new Set<DmaBuf>();

        protected override onBuffer(buffer: DmaBuf): void {
          this.#buffers.add(buffer);
          super.onBuffer(buffer);
        }
        protected override release(): void {
          super.release();
          for (const buffer of this.#buffers) if (!buffer.freed) leak(buffer);
        }
      },
  },
  'leak-at-munmap': {
    breaks: 'LIF-04',
    summary: 'A buffer whose last reference is a mapping is never freed.',
    DmaBuf: (Right) =>
      class extends leaky(Right) {
        override putMapping(): void {
          if (this.references === 1) leak(this);
          super.putMapping();
        }
      },
  },
  'leak-when-killed': {
    breaks: 'LIF-06',
    summary: 'Descriptors of a killed process are not closed.',
    DmaBuf: leaky,
    Kernel: (Right) =>
      class extends Right {
        protected override reap(client: ClientProcess): void {
          if (client.ending !== undefined && 'signal' in client.ending) {
            client.space.clear();
            for (const file of client.table.files) {
              if (file instanceof DmaBuf && file.references === 1) leak(file);
            }
          }
          super.reap(client);
        }
      },
  },
  'leak-when-mapped-twice': {
    breaks: 'LIF-05',
    summary: 'A buffer of several mappings is never freed.',
    DmaBuf: (Right) =>
      class extends leaky(Right) {
        override holdMapping(): void {
          if (this.mappings > 0) leak(this);
          super.holdMapping();
        }
      },
  },
  'leak-in-flight': {
    breaks: 'LIF-07',
    summary: 'A buffer in a message that was not received is never freed.',
    DmaBuf: (Right) =>
      class extends leaky(Right) {
        override put(where: string): void {
          if (where === 'unix_destruct_scm') leak(this);
          super.put(where);
        }
      },
  },
  'descriptor-survives-close': {
    breaks: 'LIF-08 MAP-13',
    summary: 'A closed descriptor still refers to the buffer.',
    HANDLERS: (right) => ({
      ...right,
      close: (call) => {
        const { table } = call.client;
        const descriptor = call.int('fd');
        const file = table.at(descriptor);
        const closesOnExec = table.isCloseOnExec(descriptor);
        if (!(file instanceof DmaBuf)) return right.close(call);
        return around(right.close(call), 'close.detached', function* (pause) {
          table.replace(descriptor, file, closesOnExec);
          yield pause;
        });
      },
    }),
  },
});
