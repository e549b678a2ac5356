import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { AllocatorDevice } from '../buffers/device.ts';
import { DEVICES_MAX, type DeviceRegistration, Registry } from './registry.ts';

/**
 * The registry as the kernel's helpers make it when they are used as meant: minors come from an
 * allocator of ids (ida), a device is complete before its number leads to it (cdev_device_add), and
 * what was opened refers to memory of its own, so that it survives unregistering.
 */
export class HardenedRegistry extends Registry {
  /** Minors that a device has or is about to have. */
  protected readonly taken = new Set<number>();

  override *register(wanted: DeviceRegistration): SystemCall<number | ErrnoName> {
    if (!this.isComplete(wanted)) return 'EINVAL';
    const minor = this.lowestFree();
    if (minor >= this.minorsMax) return 'ENOSPC';
    return yield* this.registerAs(minor, wanted);
  }

  protected isComplete({ name, allocates, owned }: DeviceRegistration): boolean {
    return name !== '' && allocates && owned;
  }

  /** The lowest minor that no device has. */
  protected lowestFree(): number {
    let minor = 0;
    while (this.taken.has(minor)) minor += 1;
    return minor;
  }

  protected get minorsMax(): number {
    return DEVICES_MAX;
  }

  protected *registerAs(minor: number, wanted: DeviceRegistration): SystemCall<number | ErrnoName> {
    this.taken.add(minor);
    const device = this.make(wanted);
    device.minor = minor;
    device.node = this.nodeOf(wanted.name, minor);
    yield* this.setUp(device);
    const refusal = this.refusal(wanted, device.node);
    if (refusal !== undefined) {
      this.undo(device);
      return refusal;
    }
    device.state = 'ready';
    this.connect(device);
    this.list(device);
    yield 'registry.registered';
    return minor;
  }

  protected nodeOf(name: string, minor: number): string {
    return `/dev/${name}${minor}`;
  }

  /** Makes everything of a device but its entries in the class and among the numbers. */
  protected *setUp(_device: AllocatorDevice): SystemCall<void> {
    yield 'registry.minor-taken';
    yield 'registry.device-made';
    yield 'registry.node-made';
  }

  /** Two names and minors may make one node: `a1` with 1 and `a` with 11. */
  protected refusal({ nodeFails }: DeviceRegistration, node: string): ErrnoName | undefined {
    if (nodeFails) return 'ENOMEM';
    return this.hasNode(node) ? 'EEXIST' : undefined;
  }

  /** Takes back everything that a registration which fails has done. */
  protected undo(device: AllocatorDevice): void {
    this.removeNumber(device);
    this.removeFromClass(device);
    this.taken.delete(device.minor);
  }

  /** From now on the device can be opened. */
  protected connect(device: AllocatorDevice): void {
    this.addNumber(device.minor, device);
  }

  /** From now on the device is in the class. */
  protected list(device: AllocatorDevice): void {
    this.addToClass(device);
  }

  override *unregister(minor: number | undefined): SystemCall<bigint | ErrnoName> {
    if (minor === undefined) return 0n;
    const device = this.device(minor);
    if (device === undefined) return 'ENODEV';
    this.unlist(device);
    this.disconnect(device);
    this.end(device);
    yield 'registry.unregistered';
    this.releaseMinor(device.minor);
    return 0n;
  }

  protected unlist(device: AllocatorDevice): void {
    this.removeFromClass(device);
  }

  protected disconnect(device: AllocatorDevice): void {
    this.removeNumber(device);
  }

  /** The device does nothing more, whoever still has it open. Its buffers live on their own. */
  protected end(device: AllocatorDevice): void {
    device.state = 'gone';
  }

  /** The minor of a device that is gone may be given again. */
  protected releaseMinor(minor: number): void {
    this.taken.delete(minor);
  }
}
