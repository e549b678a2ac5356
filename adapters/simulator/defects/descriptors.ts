import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { UserArgument } from '../../interpreter/user-argument.ts';
import { type DmaBuf, STATUS_FLAGS } from '../buffers/dma-buf.ts';
import { failed } from '../kernel/errno.ts';
import type { Caller, OpenFile } from '../kernel/open-file.ts';
import { defects } from './defect.ts';

const { DMA_BUF_NAME_LEN, F_SETFL, O_ACCMODE } = linuxNumbers;
/** Where a driver may begin to look for descriptors. */
const DESCRIPTOR_FROM = 64;

/** Bugs of a buffer's descriptors and of system calls on them. */
export const DESCRIPTOR_DEFECTS = defects({
  'descriptor-not-lowest': {
    breaks: 'FD-01',
    summary: 'Descriptors are given from 64 on.',
    inParallel: true,
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override reserve({ descriptorLimit, table }: Caller, closesOnExec: boolean) {
          return table.reserve(descriptorLimit, closesOnExec, DESCRIPTOR_FROM);
        }
      },
    ParallelClient: (Right) =>
      class extends Right {
        protected override install(buffer: DmaBuf): number {
          return super.install(buffer, DESCRIPTOR_FROM);
        }
      },
  },
  'sync-unknown': {
    breaks: 'FD-02',
    summary: 'DMA_BUF_IOCTL_SYNC is not known.',
    DmaBuf: (Right) =>
      class extends Right {
        protected override sync(): ErrnoName {
          return this.refuseCommand();
        }
      },
  },
  'sync-unchecked-bits': {
    breaks: 'FD-10',
    summary: 'DMA_BUF_IOCTL_SYNC takes any flags.',
    DmaBuf: (Right) =>
      class extends Right {
        protected override areSyncFlagsKnown(): boolean {
          return true;
        }
      },
  },
  'buffer-ioctl-einval': {
    breaks: 'IOC-09',
    summary: 'A buffer answers EINVAL to unknown commands.',
    DmaBuf: (Right) =>
      class extends Right {
        protected override refuseCommand(): ErrnoName {
          return 'EINVAL';
        }
      },
  },
  'name-cut': {
    breaks: 'FD-12',
    summary: 'Names that are too long are accepted and lost.',
    DmaBuf: (Right) =>
      class extends Right {
        protected override setName(argument: UserArgument): bigint | ErrnoName {
          if (argument.copyText(DMA_BUF_NAME_LEN) !== null) return super.setName(argument);
          this.name = '';
          return 0n;
        }
      },
  },
  'seeks-anywhere': {
    breaks: 'FD-08',
    summary: 'Every lseek succeeds.',
    DmaBuf: (Right) =>
      class extends Right {
        override seek(offset: bigint): bigint {
          return BigInt.asUintN(63, offset);
        }
      },
  },
  'buffer-readable': {
    breaks: 'FD-07',
    summary: 'A buffer can be read, and all of it is zero.',
    DmaBuf: (Right) =>
      class extends Right {
        override get positioned(): boolean {
          return true;
        }
        override read(length: number): Uint8Array {
          return new Uint8Array(length);
        }
      },
  },
  'poll-never': {
    breaks: 'FD-09',
    summary: 'A buffer is never ready.',
    DmaBuf: (Right) =>
      class extends Right {
        override poll(): number {
          return 0;
        }
      },
  },
  'setfl-widens': {
    breaks: 'MAP-06',
    summary: 'F_SETFL changes the access mode.',
    HANDLERS: (right) => ({
      ...right,
      fcntl: (call) => {
        const reply = right.fcntl(call);
        const file = call.anyFile();
        if (reply !== 0n || failed(file) || call.int('command') !== F_SETFL) return reply;
        file.flags = (file.flags & ~O_ACCMODE) | (call.uint('value') & O_ACCMODE);
        return reply;
      },
    }),
  },
  'reopens-writable': {
    breaks: 'MAP-06',
    summary: 'Opening the link in /proc again gives any access.',
    DmaBuf: (Right) =>
      class extends Right {
        override reopen(flags: number): OpenFile {
          this.flags = flags & STATUS_FLAGS;
          return this.hold('do_dentry_open');
        }
      },
  },
});
