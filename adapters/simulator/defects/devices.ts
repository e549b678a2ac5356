import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { UserArgument } from '../../interpreter/user-argument.ts';
import type { DeviceFile } from '../buffers/device-file.ts';
import type { DmaBuf } from '../buffers/dma-buf.ts';
import type { Backing, Caller, FileStatus, OpenFile } from '../kernel/open-file.ts';
import { defects } from './defect.ts';
import { revocable, revoke } from './ownership.ts';

/** Opens for which a driver may have room. */
const OPENS_MAX = 64;

/** A kernel function uses what was freed when the device was unregistered. */
const freedIn =
  (where: string) =>
  (Right: typeof DeviceFile): typeof DeviceFile =>
    class extends Right {
      protected override useDevice(user: string): void {
        const { log, state } = this.device;
        if (state === 'gone' && user === where) log.useAfterFree(user);
        else super.useDevice(user);
      }
    };

/** Bugs of device nodes and of what is open of them. */
export const DEVICE_DEFECTS = defects({
  'wrong-major': {
    breaks: 'DEV-01',
    summary: 'The devices do not have the major of the ABI.',
    DeviceFile: (Right) =>
      class extends Right {
        override status(): FileStatus {
          const status = super.status();
          return { ...status, special: (status.special ?? 0) + 256 };
        }
      },
  },
  'device-needs-write': {
    breaks: 'DEV-02',
    summary: 'Only devices that are open for writing allocate.',
    DeviceFile: (Right) =>
      class extends Right {
        protected override refusal(): ErrnoName | undefined {
          return super.refusal() ?? (this.writable ? undefined : 'EBADF');
        }
      },
  },
  'node-world-readable': {
    breaks: 'DEV-03',
    summary: 'Every user may open the node.',
    DeviceFile: (Right) =>
      class extends Right {
        override get rootOnly(): boolean {
          return false;
        }
      },
  },
  'opens-limited': {
    breaks: 'DEV-04',
    summary: 'A device can be opened 64 times.',
    AllocatorDevice: (Right) =>
      class extends Right {
        override open(flags: number): OpenFile | ErrnoName {
          return this.opens >= OPENS_MAX ? 'EBUSY' : super.open(flags);
        }
      },
  },
  'fd-in-opener-table': {
    breaks: 'DEV-06',
    summary: 'New descriptors go to the process that used the device first.',
    DeviceFile: (Right) =>
      class extends Right {
        #first: Caller | undefined;

        protected override callerOf(caller: Caller): Caller {
          this.#first ??= caller;
          return { ...super.callerOf(caller), table: this.#first.table };
        }
      },
  },
  'device-readable': {
    breaks: 'DEV-07',
    summary: 'The device can be read.',
    DeviceFile: (Right) =>
      class extends Right {
        override read(length: number): Uint8Array {
          return new Uint8Array(length);
        }
      },
  },
  'path-descriptor-works': {
    breaks: 'DEV-08',
    summary: 'An O_PATH descriptor of the device allocates.',
    KernelCall: (Right) =>
      class extends Right {
        override file(name = 'fd'): OpenFile | 'EBADF' {
          return this.operation.op === 'ioctl' ? this.anyFile(name) : super.file(name);
        }
      },
  },
  'device-mappable': {
    breaks: 'ISO-06 MAP-17',
    summary: 'A mapping of the device shows the region.',
    DeviceFile: (Right) =>
      class extends Right {
        override map(): Backing {
          const { store } = this.device.driver.allocator;
          return { expandable: false, resolve: (page) => ({ store, page }) };
        }
      },
  },
  'closes-with-device': {
    breaks: 'DEV-05 MAP-12',
    summary: 'Closing the device takes its buffers away.',
    DmaBuf: revocable,
    DeviceFile: (Right) =>
      class extends Right {
        readonly #buffers = new Set<DmaBuf>();

        protected override onBuffer(buffer: DmaBuf): void {
          this.#buffers.add(buffer);
          super.onBuffer(buffer);
        }
        protected override release(): void {
          super.release();
          for (const buffer of this.#buffers) revoke(buffer);
        }
      },
  },
  'unregister-ioctl-freed': {
    breaks: 'REG-06',
    summary: 'ioctl uses a device that unregistering has freed.',
    DeviceFile: freedIn('sa_ioctl'),
  },
  'unregister-close-freed': {
    breaks: 'REG-06',
    summary: 'close uses a device that unregistering has freed.',
    DeviceFile: freedIn('sa_release'),
  },
  'unregister-races-ioctl': {
    breaks: 'REG-06',
    summary: 'A device is freed though an ioctl is under way in it.',
    DeviceFile: (Right) =>
      class extends Right {
        override *ioctl(
          request: number,
          argument: UserArgument,
          caller: Caller,
        ): SystemCall<bigint | ErrnoName> {
          const { device } = this;
          const { state } = device;
          const value = yield* super.ioctl(request, argument, caller);
          if (state === 'ready' && device.state === 'gone') device.log.useAfterFree('sa_ioctl');
          return value;
        }
      },
  },
});
