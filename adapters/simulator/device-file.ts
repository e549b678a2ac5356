import type { ErrnoName } from '../contract/errno.ts';
import type { SystemCall } from '../interpreter/pause.ts';
import type { UserArgument } from '../interpreter/user-argument.ts';
import type { CmaAllocator } from './allocator.ts';
import type { DefectSet } from './defects.ts';
import type { DmaBuf } from './dma-buf.ts';
import type { KernelLog } from './kernel-log.ts';
import { type Caller, type FileStatus, OpenFile } from './open-file.ts';
import type { Behaviour } from './options.ts';
import { hardenedIoctl } from './simple-allocator.ts';
import { rfcIoctl } from './simple-allocator-rfc.ts';

/** SA_MAJOR of RFC v2 1/2. */
export const SA_MAJOR = 222;
const S_IFCHR = 0o20000;

/** The device node that is opened. */
export interface AllocatorDevice {
  readonly allocator: CmaAllocator;
  readonly behaviour: Behaviour;
  readonly defects: DefectSet;
  readonly log: KernelLog;
  readonly node: string;
  readonly minor: number;
}

/** An open /dev/cmaN. It has open, release and ioctl and nothing else: RFC v2 1/2, sa_fops. */
export class DeviceFile extends OpenFile {
  readonly #device: AllocatorDevice;
  /** Buffers made through this file that a defect ties to it. */
  readonly #buffers = new Set<DmaBuf>();

  constructor(device: AllocatorDevice, flags: number) {
    super(device.log, flags);
    this.#device = device;
  }

  link(): string {
    return this.#device.node;
  }

  status(): FileStatus {
    const { minor } = this.#device;
    const special = SA_MAJOR * 256 + minor;
    return { mode: S_IFCHR | 0o600, size: 0n, inode: 2 + minor, device: 5, special };
  }

  override reopen(flags: number): OpenFile {
    return new DeviceFile(this.#device, flags);
  }

  override ioctl(
    request: number,
    argument: UserArgument,
    caller: Caller,
  ): SystemCall<bigint | ErrnoName> {
    const { allocator, behaviour, defects } = this.#device;
    const ioctl = behaviour === 'rfc-v2' ? rfcIoctl : hardenedIoctl;
    const ties = defects.has('closes-with-device') || defects.has('leak-after-device-close');
    const onBuffer = (buffer: DmaBuf): void => {
      if (ties) this.#buffers.add(buffer);
    };
    return ioctl({ request, argument, caller, allocator, defects, onBuffer });
  }

  protected override release(): void {
    const revoking = this.#device.defects.has('closes-with-device');
    for (const buffer of this.#buffers) {
      if (revoking) buffer.revoke();
      else if (!buffer.freed) buffer.leaks = true;
    }
  }
}
