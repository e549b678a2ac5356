import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { UserArgument } from '../../interpreter/user-argument.ts';
import { type Caller, type FileStatus, OpenFile } from '../kernel/open-file.ts';
import { type AllocatorDevice, SA_MAJOR } from './device.ts';
import type { DeviceIoctl } from './device-ioctl.ts';
import type { DmaBuf } from './dma-buf.ts';

const { S_IFCHR } = linuxNumbers;

/** An open /dev/cmaN. It has open, release and ioctl and nothing else: RFC v2 1/2, sa_fops. */
export class DeviceFile extends OpenFile {
  protected readonly device: AllocatorDevice;

  constructor(device: AllocatorDevice, flags: number) {
    super(device.log, flags);
    this.device = device;
    if (this.pathOnly) return;
    device.opens += 1;
    // get_device before device_initialize: its reference count is not one yet.
    const early = device.state === 'starting' && device.behaviour === 'rfc-v2';
    if (early) device.log.warning('lib/kobject.c:597 kobject_get');
  }

  override get rootOnly(): boolean {
    return true;
  }

  link(): string {
    return this.device.node;
  }

  status(): FileStatus {
    const { minor } = this.device;
    const special = SA_MAJOR * 256 + minor;
    return { mode: S_IFCHR | 0o600, size: 0n, inode: 2 + minor, device: 5, special };
  }

  override reopen(flags: number): OpenFile | ErrnoName {
    return this.device.state === 'gone' ? 'ENXIO' : this.device.newFile(flags);
  }

  override *ioctl(
    request: number,
    argument: UserArgument,
    caller: Caller,
  ): SystemCall<bigint | ErrnoName> {
    this.useDevice('sa_ioctl');
    const refusal = this.refusal();
    if (refusal !== undefined) return refusal;
    const ioctl = this.ioctlFor(caller);
    // The kernel says so for a driver without a function for such callers.
    if (ioctl === undefined) return 'ENOTTY';
    const onBuffer = (buffer: DmaBuf): void => this.onBuffer(buffer);
    return yield* ioctl.answer({ request, argument, caller: this.callerOf(caller), onBuffer });
  }

  /** Uses the driver's structure, which the posted code frees when the device is unregistered. */
  protected useDevice(where: string): void {
    const { behaviour, log, state } = this.device;
    if (state === 'gone' && behaviour === 'rfc-v2') log.useAfterFree(where);
  }

  /** The errno of a device that is not registered (any more, or not yet). */
  protected refusal(): ErrnoName | undefined {
    const { behaviour, state } = this.device;
    return state === 'ready' || behaviour === 'rfc-v2' ? undefined : 'ENODEV';
  }

  /** The function of the driver that a caller reaches: ioctl, or compat_ioctl of a 32-bit one. */
  protected ioctlFor({ pointerBytes }: Caller): DeviceIoctl | undefined {
    const { driver } = this.device;
    return pointerBytes === 4 ? driver.compatIoctl : driver.ioctl;
  }

  /** The caller as it is when the ioctl begins. */
  protected callerOf({ table, descriptorLimit, pointerBytes, faults }: Caller): Caller {
    return { table, descriptorLimit, pointerBytes, ...(faults === undefined ? {} : { faults }) };
  }

  /** A buffer was made through this file. It lives on its own: there is nothing to keep. */
  protected onBuffer(_buffer: DmaBuf): void {}

  protected override release(): void {
    if (this.pathOnly) return;
    this.device.opens -= 1;
    this.useDevice('sa_release');
  }
}
