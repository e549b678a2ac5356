import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { AllocatorDevice } from '../buffers/device.ts';
import type { DeviceFile } from '../buffers/device-file.ts';
import type { DmaBuf } from '../buffers/dma-buf.ts';
import type { HardenedRegistry } from '../registry/hardened.ts';
import { DEVICES_MAX, type DeviceRegistration } from '../registry/registry.ts';
import { defects } from './defect.ts';
import { revocable, revoke } from './ownership.ts';

/** Characters of a name that are kept by a driver that cuts it. */
const NAME_CHARACTERS = 30;

/** Buffers that were made through each device. */
const made = new WeakMap<AllocatorDevice, Set<DmaBuf>>();

/** Open files that remember which buffers were made through their device. */
const remembering = (Right: typeof DeviceFile): typeof DeviceFile =>
  class extends Right {
    protected override onBuffer(buffer: DmaBuf): void {
      const buffers = made.get(this.device) ?? new Set();
      made.set(this.device, buffers.add(buffer));
      super.onBuffer(buffer);
    }
  };

/** Does something to each live buffer of a device when it is unregistered. */
const endingBuffers =
  (end: (buffer: DmaBuf) => void) =>
  (Right: typeof HardenedRegistry): typeof HardenedRegistry =>
    class extends Right {
      protected override end(device: AllocatorDevice): void {
        super.end(device);
        for (const buffer of made.get(device) ?? []) if (!buffer.freed) end(buffer);
      }
    };

/** Takes a part of a registration for given when it is checked. */
const takenForGranted =
  (part: Partial<DeviceRegistration>) =>
  (Right: typeof HardenedRegistry): typeof HardenedRegistry =>
    class extends Right {
      protected override isComplete(wanted: DeviceRegistration): boolean {
        return super.isComplete({ ...wanted, ...part });
      }
    };

/** Bugs in how devices come to be registered, and go. */
export const REGISTRY_DEFECTS = defects({
  'register-without-name': {
    breaks: 'REG-01',
    summary: 'An allocator without a name is registered.',
    HardenedRegistry: takenForGranted({ name: 'any' }),
  },
  'register-without-allocate': {
    breaks: 'REG-01',
    summary: 'An allocator without an allocate function is registered.',
    HardenedRegistry: takenForGranted({ allocates: true }),
  },
  'owner-unchecked': {
    breaks: 'REG-02',
    summary: 'An allocator without an owner is registered.',
    HardenedRegistry: takenForGranted({ owned: true }),
  },
  'refused-register-listed': {
    breaks: 'REG-01',
    summary: 'A registration that is refused enters the class.',
    HardenedRegistry: (Right) =>
      class extends Right {
        override register(wanted: DeviceRegistration): SystemCall<number | ErrnoName> {
          if (!this.isComplete(wanted)) this.addToClass(this.make(wanted));
          return super.register(wanted);
        }
      },
  },
  'register-name-cut': {
    breaks: 'REG-01',
    summary: 'The 31st character of a name is lost.',
    HardenedRegistry: (Right) =>
      class extends Right {
        protected override nodeOf(name: string, minor: number): string {
          return super.nodeOf(name.slice(0, NAME_CHARACTERS), minor);
        }
      },
  },
  'minors-unlimited': {
    breaks: 'REG-03',
    summary: 'Any number of devices is registered.',
    HardenedRegistry: (Right) =>
      class extends Right {
        protected override get minorsMax(): number {
          return Number.POSITIVE_INFINITY;
        }
      },
  },
  'minors-off-by-one': {
    breaks: 'REG-03',
    summary: 'The 257th device is registered and the 258th is not.',
    HardenedRegistry: (Right) =>
      class extends Right {
        protected override get minorsMax(): number {
          return DEVICES_MAX + 1;
        }
      },
  },
  'minors-never-reused': {
    breaks: 'REG-04',
    summary: 'A minor is not given a second time.',
    HardenedRegistry: (Right) =>
      class extends Right {
        protected override releaseMinor(): void {}
      },
  },
  'register-race': {
    breaks: 'REG-05',
    summary: 'A minor is chosen first and taken later.',
    HardenedRegistry: (Right) =>
      class extends Right {
        protected override *registerAs(
          minor: number,
          wanted: DeviceRegistration,
        ): SystemCall<number | ErrnoName> {
          yield 'registry.minor-chosen';
          return yield* super.registerAs(minor, wanted);
        }
      },
  },
  'minor-of-live-device': {
    breaks: 'REG-05',
    summary: 'The next minor is the number of devices there are.',
    HardenedRegistry: (Right) =>
      class extends Right {
        /** Although some may have gone from among them. */
        protected override lowestFree(): number {
          return this.devices.length;
        }
      },
  },
  'unregister-frees-buffers': {
    breaks: 'REG-07',
    summary: 'Unregistering frees the pages of live buffers.',
    DeviceFile: remembering,
    HardenedRegistry: endingBuffers(({ pages: { region, first, count } }) =>
      region.release(first, count),
    ),
  },
  'unregister-revokes-buffers': {
    breaks: 'REG-07',
    summary: 'Unregistering makes live buffers inaccessible.',
    DmaBuf: revocable,
    DeviceFile: remembering,
    HardenedRegistry: endingBuffers(revoke),
  },
  'number-before-device': {
    breaks: 'REG-08',
    summary: 'A device can be opened before it is ready.',
    HardenedRegistry: (Right) =>
      class extends Right {
        protected override setUp(device: AllocatorDevice): SystemCall<void> {
          super.connect(device);
          return super.setUp(device);
        }
        protected override connect(): void {}
      },
  },
  'listed-before-number': {
    breaks: 'REG-08',
    summary: 'A device is in the class before it can be opened.',
    HardenedRegistry: (Right) =>
      class extends Right {
        protected override setUp(device: AllocatorDevice): SystemCall<void> {
          super.list(device);
          return super.setUp(device);
        }
        protected override list(): void {}
        /** The device itself has the node by now. */
        protected override refusal(wanted: DeviceRegistration, node: string) {
          const refusal = super.refusal(wanted, node);
          return refusal === 'EEXIST' ? undefined : refusal;
        }
      },
  },
  'unregister-stays-listed': {
    breaks: 'REG-09',
    summary: 'A device that is gone stays in the class.',
    HardenedRegistry: (Right) =>
      class extends Right {
        protected override unlist(): void {}
      },
  },
  'unregister-leaves-number': {
    breaks: 'REG-09',
    summary: 'A device that is gone can still be opened.',
    HardenedRegistry: (Right) =>
      class extends Right {
        protected override disconnect(): void {}
      },
  },
  'unregister-without-release': {
    breaks: 'REG-09',
    summary: 'Devices have no release(), as the kernel reports.',
    HardenedRegistry: (Right) =>
      class extends Right {
        protected override end(device: AllocatorDevice): void {
          super.end(device);
          this.log.warning('drivers/base/core.c:251 device_release');
        }
      },
  },
  'unregister-null-einval': {
    breaks: 'REG-10',
    summary: 'Unregistering NULL fails with EINVAL.',
    HardenedRegistry: (Right) =>
      class extends Right {
        override *unregister(minor: number | undefined): SystemCall<bigint | ErrnoName> {
          return minor === undefined ? 'EINVAL' : yield* super.unregister(minor);
        }
      },
  },
  'unregister-null-newest': {
    breaks: 'REG-10',
    summary: 'Unregistering NULL unregisters the newest device.',
    HardenedRegistry: (Right) =>
      class extends Right {
        override unregister(minor: number | undefined): SystemCall<bigint | ErrnoName> {
          return super.unregister(minor ?? this.devices.at(-1)?.minor);
        }
      },
  },
  'failed-register-leaves-number': {
    breaks: 'REG-11',
    summary: 'A registration that fails leaves its number.',
    HardenedRegistry: (Right) =>
      class extends Right {
        protected override undo(device: AllocatorDevice): void {
          super.undo(device);
          this.addNumber(device.minor, device);
        }
      },
  },
  'failed-register-stays-listed': {
    breaks: 'REG-11',
    summary: 'A registration that fails stays in the class.',
    HardenedRegistry: (Right) =>
      class extends Right {
        protected override undo(device: AllocatorDevice): void {
          super.undo(device);
          this.addToClass(device);
        }
      },
  },
  'failed-register-loses-minor': {
    breaks: 'REG-11',
    summary: 'A registration that fails keeps its minor.',
    HardenedRegistry: (Right) =>
      class extends Right {
        protected override undo(device: AllocatorDevice): void {
          super.undo(device);
          this.taken.add(device.minor);
        }
      },
  },
});
