import type { ErrnoName } from '../../contract/errno.ts';
import type { UserArgument } from '../../interpreter/user-argument.ts';
import type { DeviceCall, DeviceIoctl } from '../buffers/device-ioctl.ts';
import type { DmaBuf } from '../buffers/dma-buf.ts';
import type { Delivery, HardenedIoctl } from '../buffers/hardened-ioctl.ts';
import { type AllocateRequest, REQUEST_BYTES } from '../buffers/request.ts';
import type { Caller } from '../kernel/open-file.ts';
import { defects } from './defect.ts';

const RESERVED1_OFFSET = 20;
const RESERVED2_OFFSET = 28;
/** SA_IOC_ALLOC as _IOW would make it. */
const COMMAND_IOW = 0x40205300;

/** A request of fewer bytes than the struct has: zero stands for what it leaves out. */
function extended(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(REQUEST_BYTES);
  whole.set(bytes);
  return whole;
}

/** The last field is neither read nor written. */
const shortArgument = (Right: typeof HardenedIoctl): typeof HardenedIoctl =>
  class extends Right {
    protected override readArgument(argument: UserArgument, size: number): Uint8Array | undefined {
      return super.readArgument(argument, Math.min(size, RESERVED2_OFFSET));
    }
    protected override requestIn(bytes: Uint8Array): AllocateRequest {
      return super.requestIn(extended(bytes));
    }
    protected override answerBytes(request: AllocateRequest): Uint8Array {
      return super.answerBytes(request).subarray(0, RESERVED2_OFFSET);
    }
  };

/** Bugs in which bytes of a command are looked at, read and written. */
export const ARGUMENT_DEFECTS = defects({
  'argument-over-read': {
    breaks: 'ABI-01',
    summary: 'Eight bytes too many are read.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override readArgument(argument: UserArgument, size: number) {
          return super.readArgument(argument, size + 8)?.subarray(0, size);
        }
      },
  },
  'argument-under-read': {
    breaks: 'ABI-01 RES-02',
    summary: 'The second reserved field is neither read nor written.',
    HardenedIoctl: shortArgument,
  },
  'argument-over-written': {
    breaks: 'ABI-03 ABI-04',
    summary: 'Four bytes too many are written.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override answerBytes(request: AllocateRequest): Uint8Array {
          return Uint8Array.of(...super.answerBytes(request), 0, 0, 0, 0);
        }
      },
  },
  'reserved-garbage': {
    breaks: 'ABI-05 ABI-07',
    summary: 'The first reserved field comes back with old bytes of the stack.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override answerBytes(request: AllocateRequest): Uint8Array {
          const bytes = super.answerBytes(request);
          bytes[RESERVED1_OFFSET] = 0x5a;
          return bytes;
        }
      },
  },
  'reserved-counts': {
    breaks: 'ABI-07',
    summary: 'The second reserved field comes back with a value in it.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override answerBytes(request: AllocateRequest): Uint8Array {
          const bytes = super.answerBytes(request);
          bytes[RESERVED2_OFFSET] = request.descriptor & 0xff;
          return bytes;
        }
      },
  },
  'refused-request-overwritten': {
    breaks: 'ABI-06',
    summary: 'A request that is refused comes back as zeros.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override refusal(request: AllocateRequest, argument: UserArgument) {
          const refusal = super.refusal(request, argument);
          if (refusal !== undefined) argument.copyOut(new Uint8Array(REQUEST_BYTES));
          return refusal;
        }
      },
  },
  'unknown-ioctl-einval': {
    breaks: 'IOC-02',
    summary: 'Unknown commands fail with EINVAL.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override refuseCommand(): ErrnoName {
          return 'EINVAL';
        }
      },
  },
  'unknown-ioctl-enodev': {
    breaks: 'IOC-02',
    summary: 'Unknown commands fail with ENODEV.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override refuseCommand(): ErrnoName {
          return 'ENODEV';
        }
      },
  },
  'ioctl-type-unchecked': {
    breaks: 'IOC-03 IOC-04 IOC-05',
    summary: 'Only the number of a command is looked at.',
    HardenedIoctl: (Right) =>
      class extends Right {
        /** Bytes of each request as its command declares them. */
        readonly #sizes = new WeakMap<AllocateRequest, number>();

        protected override argumentBytes(request: number): number | undefined {
          const declared = Math.min((request >>> 16) & 0x3fff, REQUEST_BYTES);
          return super.argumentBytes(request) ?? ((request & 0xff) === 0 ? declared : undefined);
        }
        protected override requestIn(bytes: Uint8Array): AllocateRequest {
          const request = super.requestIn(extended(bytes));
          this.#sizes.set(request, bytes.length);
          return request;
        }
        protected override answerBytes(request: AllocateRequest): Uint8Array {
          return super.answerBytes(request).subarray(0, this.#sizes.get(request));
        }
      },
  },
  'command-iow': {
    breaks: 'IOC-01',
    summary: 'The command is known as one that only reads its argument.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override argumentBytes(request: number): number | undefined {
          return request === COMMAND_IOW ? REQUEST_BYTES : undefined;
        }
      },
  },
  'nr-top-bit-ignored': {
    breaks: 'IOC-02',
    summary: 'The highest bit of the command’s number is not looked at.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override argumentBytes(request: number): number | undefined {
          return super.argumentBytes((request & ~0x80) >>> 0);
        }
      },
  },
  'positive-result': {
    breaks: 'IOC-06',
    summary: 'A successful request returns the new descriptor instead of 0.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override finish(call: DeviceCall, delivery: Delivery, bytes: Uint8Array) {
          const value = super.finish(call, delivery, bytes);
          return value === 0n ? BigInt(delivery.descriptor) : value;
        }
      },
  },
  'efault-einval': {
    breaks: 'ERR-01 ERR-02',
    summary: 'A pointer to no memory fails with EINVAL.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override refuseArgument(): ErrnoName {
          return 'EINVAL';
        }
      },
  },
  'warn-on-fault': {
    breaks: 'ERR-06',
    summary: 'An argument that cannot be read triggers a kernel warning.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override refuseArgument(): ErrnoName {
          this.log.warning('drivers/sa/sa.c:88 sa_ioctl');
          return super.refuseArgument();
        }
      },
  },
  'fd-leak-on-efault': {
    breaks: 'ERR-04',
    summary: 'After EFAULT the new descriptor stays open.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override takeBack({ caller }: DeviceCall, { descriptor, buffer }: Delivery) {
          caller.table.install(descriptor, buffer);
          return 'EFAULT' as const;
        }
      },
  },
  'put-after-install': {
    breaks: 'ERR-04 ERR-05',
    summary: 'After EFAULT the descriptor refers to a freed file.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override takeBack({ caller }: DeviceCall, { descriptor, buffer }: Delivery) {
          caller.table.install(descriptor, buffer);
          buffer.put('dma_buf_put');
          return 'EFAULT' as const;
        }
      },
  },
  'copy-out-ignored': {
    breaks: 'ERR-03 ERR-04',
    summary: 'Success is reported though the answer was not written.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override takeBack({ caller }: DeviceCall, { descriptor, buffer }: Delivery) {
          caller.table.install(descriptor, buffer);
          return 0n;
        }
      },
  },
  'leak-on-efault': {
    breaks: 'ERR-05',
    summary: 'An answer that cannot be written costs the buffer’s pages.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override takeBack({ caller }: DeviceCall, { descriptor }: Delivery) {
          caller.table.unreserve(descriptor);
          return 'EFAULT' as const;
        }
      },
  },
  'leak-on-emfile': {
    breaks: 'ERR-09',
    summary: 'A full descriptor table costs the buffer’s pages.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override withoutDescriptor(_buffer: DmaBuf, reason: ErrnoName): ErrnoName {
          return reason;
        }
      },
  },
  'emfile-enomem': {
    breaks: 'ERR-08',
    summary: 'A full descriptor table fails with ENOMEM.',
    HardenedIoctl: (Right) =>
      class extends Right {
        protected override withoutDescriptor(buffer: DmaBuf, _reason: ErrnoName): ErrnoName {
          return super.withoutDescriptor(buffer, 'ENOMEM');
        }
      },
  },
  'no-compat-ioctl': {
    breaks: 'IOC-07 ABI-02',
    summary: 'Commands of 32-bit programs fail with ENOTTY.',
    needs: 'caller=32',
    DeviceFile: (Right) =>
      class extends Right {
        protected override ioctlFor(caller: Caller): DeviceIoctl | undefined {
          return caller.pointerBytes === 4 ? undefined : super.ioctlFor(caller);
        }
      },
  },
  'compat-argument-short': {
    breaks: 'ABI-02',
    summary: 'The last field is not copied for 32-bit programs.',
    needs: 'caller=32',
    CompatIoctl: shortArgument,
  },
  'compat-length-32': {
    breaks: 'ABI-02',
    summary: 'The length of 32-bit programs has 32 bits.',
    needs: 'caller=32',
    CompatIoctl: (Right) =>
      class extends Right {
        protected override requestIn(bytes: Uint8Array): AllocateRequest {
          const request = super.requestIn(bytes);
          request.length = BigInt.asUintN(32, request.length);
          return request;
        }
      },
  },
});
