import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { UserArgument } from '../../interpreter/user-argument.ts';
import type { Grant } from '../buffers/allocator.ts';
import type { DmaBuf } from '../buffers/dma-buf.ts';
import type { AllocateRequest } from '../buffers/request.ts';
import { defects } from './defect.ts';

const { O_ACCMODE, O_CLOEXEC, O_RDWR, O_WRONLY } = linuxNumbers;

/** Bugs in which versions, reserved fields and flags are accepted, and what flags do. */
export const RULE_DEFECTS = defects({
  'version-unchecked': {
    breaks: 'VER-02',
    summary: 'Any version is accepted.',
    RequestRules: (Right) =>
      class extends Right {
        override isVersionKnown(): boolean {
          return true;
        }
      },
  },
  'version-truncated-32': {
    breaks: 'VER-02',
    summary: 'Only the low 32 bits of the version are compared.',
    RequestRules: (Right) =>
      class extends Right {
        override isVersionKnown(version: bigint): boolean {
          return super.isVersionKnown(BigInt.asUintN(32, version));
        }
      },
  },
  'version-1-wanted': {
    breaks: 'VER-01',
    summary: 'Version 1 is accepted and 0 is not.',
    RequestRules: (Right) =>
      class extends Right {
        override isVersionKnown(version: bigint): boolean {
          return super.isVersionKnown(version - 1n);
        }
      },
  },
  'version-top-bit-ignored': {
    breaks: 'VER-02',
    summary: 'The highest bit of the version is not looked at.',
    RequestRules: (Right) =>
      class extends Right {
        override isVersionKnown(version: bigint): boolean {
          return super.isVersionKnown(BigInt.asUintN(63, version));
        }
      },
  },
  'leak-on-version': {
    breaks: 'VER-03',
    summary: 'A request of another version costs a page.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override refusal(request: AllocateRequest, argument: UserArgument) {
          if (!this.rules.isVersionKnown(request.version)) this.allocator.region.allocate(1);
          return super.refusal(request, argument);
        }
      },
  },
  'reserved-unchecked': {
    breaks: 'RES-01 RES-02',
    summary: 'Reserved fields are accepted with any value.',
    RequestRules: (Right) =>
      class extends Right {
        protected override areReservedZero(): boolean {
          return super.areReservedZero(0, 0);
        }
      },
  },
  'reserved1-unchecked': {
    breaks: 'RES-01',
    summary: 'Only the second reserved field is looked at.',
    RequestRules: (Right) =>
      class extends Right {
        protected override areReservedZero(_first: number, second: number): boolean {
          return super.areReservedZero(0, second);
        }
      },
  },
  'reserved2-unchecked': {
    breaks: 'RES-02',
    summary: 'Only the first reserved field is looked at.',
    RequestRules: (Right) =>
      class extends Right {
        protected override areReservedZero(first: number): boolean {
          return super.areReservedZero(first, 0);
        }
      },
  },
  'reserved-low-half': {
    breaks: 'RES-01 RES-02',
    summary: 'Only 16 bits of the reserved fields are looked at.',
    RequestRules: (Right) =>
      class extends Right {
        protected override areReservedZero(first: number, second: number): boolean {
          return super.areReservedZero(first & 0xffff, second & 0xffff);
        }
      },
  },
  'input-descriptor-checked': {
    breaks: 'RES-03',
    summary: 'The descriptor field must not be negative on input.',
    RequestRules: (Right) =>
      class extends Right {
        override refusal(request: AllocateRequest): ErrnoName | undefined {
          const { descriptor, reserved1, reserved2, version } = request;
          const reached =
            this.isVersionKnown(version) && this.areReservedZero(reserved1, reserved2);
          return reached && descriptor < 0 ? 'EBADF' : super.refusal(request);
        }
      },
  },
  'refusal-sticks': {
    breaks: 'RES-04',
    summary: 'After a refusal the next request is refused, too.',
    RequestRules: (Right) =>
      class extends Right {
        #refused = false;

        protected override areReservedZero(first: number, second: number): boolean {
          const sticks = this.#refused;
          this.#refused = !super.areReservedZero(first, second);
          return !this.#refused && !sticks;
        }
      },
  },
  'flags-unchecked': {
    breaks: 'FLG-04 FLG-05',
    summary: 'Unknown flags are accepted and ignored.',
    RequestRules: (Right) =>
      class extends Right {
        protected override areFlagsKnown(): boolean {
          return true;
        }
      },
  },
  'cloexec-refused': {
    breaks: 'FLG-01',
    summary: 'O_CLOEXEC counts as an unknown flag.',
    RequestRules: (Right) =>
      class extends Right {
        protected override areFlagsKnown(flags: number): boolean {
          return (flags & O_CLOEXEC) === 0 && super.areFlagsKnown(flags);
        }
      },
  },
  'flags-high-unchecked': {
    breaks: 'FLG-04',
    summary: 'Flags above O_CLOEXEC are not looked at.',
    RequestRules: (Right) =>
      class extends Right {
        protected override areFlagsKnown(flags: number): boolean {
          return super.areFlagsKnown(flags & (2 * O_CLOEXEC - 1));
        }
      },
  },
  'mode-unchecked': {
    breaks: 'FLG-05',
    summary: 'The access mode 3 is accepted.',
    RequestRules: (Right) =>
      class extends Right {
        protected override areFlagsKnown(flags: number): boolean {
          return super.areFlagsKnown(flags & ~O_ACCMODE);
        }
      },
  },
  'cloexec-ignored': {
    breaks: 'FLG-02 FD-06',
    summary: 'O_CLOEXEC has no effect.',
    CmaAllocator: (Right) =>
      class extends Right {
        override closesOnExec(): boolean {
          return false;
        }
      },
  },
  'cloexec-always': {
    breaks: 'FLG-02',
    summary: 'Every new descriptor is closed by exec.',
    CmaAllocator: (Right) =>
      class extends Right {
        override closesOnExec(): boolean {
          return true;
        }
      },
  },
  'access-mode-dropped': {
    breaks: 'FLG-03 MAP-03 MAP-04',
    summary: 'Every buffer is readable and writable.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override bufferOf(grant: Grant): DmaBuf {
          return super.bufferOf({ ...grant, flags: (grant.flags & ~O_ACCMODE) | O_RDWR });
        }
      },
  },
  'write-only-readable': {
    breaks: 'FLG-03 MAP-05',
    summary: 'O_WRONLY gives O_RDWR.',
    CmaAllocator: (Right) =>
      class extends Right {
        protected override bufferOf(grant: Grant): DmaBuf {
          const { flags } = grant;
          if ((flags & O_ACCMODE) !== O_WRONLY) return super.bufferOf(grant);
          return super.bufferOf({ ...grant, flags: (flags & ~O_ACCMODE) | O_RDWR });
        }
      },
  },
  'mode-of-previous': {
    breaks: 'FLG-08',
    summary: 'A buffer gets the access mode of the one before.',
    CmaAllocator: (Right) =>
      class extends Right {
        /** A static variable of the driver. */
        #mode = O_RDWR;

        protected override bufferOf(grant: Grant): DmaBuf {
          const flags = (grant.flags & ~O_ACCMODE) | this.#mode;
          this.#mode = grant.flags & O_ACCMODE;
          return super.bufferOf({ ...grant, flags });
        }
      },
  },
});
