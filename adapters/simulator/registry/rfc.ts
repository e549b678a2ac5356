import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import { type DeviceRegistration, Registry } from './registry.ts';

/**
 * The registry step by step as RFC v2 1/2, simple_allocator_register and _unregister, does it: the
 * next minor is a number that is read several times and counted up last, without a lock; it only
 * grows and has no end; the number leads to the device before the device is set up; an owner is not
 * asked for; and the device has no release(), so its memory goes with the driver's structure, whoever
 * still has it open. Warnings are those of Linux 4.10, on which it was posted.
 */
export class RfcRegistry extends Registry {
  /** sa_minor. */
  #next = 0;

  override *register(wanted: DeviceRegistration): SystemCall<number | ErrnoName> {
    if (wanted.name === '' || !wanted.allocates) return 'EINVAL';
    const device = this.make(wanted);
    this.addNumber(this.#next, device);
    yield 'registry.number-added';
    device.minor = this.#next;
    device.node = `/dev/${wanted.name}${device.minor}`;
    // device_register begins here, with device_initialize.
    device.state = 'ready';
    yield 'registry.device-named';
    const refusal = this.#refusal(wanted, device.minor, device.node);
    if (refusal !== undefined) {
      this.removeNumber(device);
      return refusal;
    }
    this.addToClass(device);
    yield 'registry.registered';
    this.#next += 1;
    return device.minor;
  }

  /** device_register fails for a name or a number that the driver core already has. */
  #refusal(wanted: DeviceRegistration, minor: number, node: string): ErrnoName | undefined {
    if (wanted.nodeFails) return 'ENOMEM';
    if (!this.hasNode(node) && this.device(minor) === undefined) return undefined;
    this.log.warning('fs/sysfs/dir.c:31 sysfs_warn_dup');
    return 'EEXIST';
  }

  override *unregister(minor: number | undefined): SystemCall<bigint | ErrnoName> {
    if (minor === undefined) return 0n;
    const device = this.device(minor);
    if (device === undefined) return 'ENODEV';
    this.removeNumber(device);
    yield 'registry.number-removed';
    this.removeFromClass(device);
    device.state = 'gone';
    // The last put_device finds no release(). While the device is open that is not this one.
    if (device.opens === 0) this.log.warning('drivers/base/core.c:251 device_release');
    return 0n;
  }
}
