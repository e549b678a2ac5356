import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { Behaviour } from '../buffers/behaviour.ts';
import type { AllocatorDevice } from '../buffers/device.ts';
import type { DeviceFile } from '../buffers/device-file.ts';
import type { RegionDriver } from '../buffers/device-ioctl.ts';
import type { KernelLog } from '../kernel/kernel-log.ts';
import type { OpenFile } from '../kernel/open-file.ts';

/** SA_NUM_DEVICES of RFC v2 1/2: minors that the class has numbers for. */
export const DEVICES_MAX = 256;

/** The structure that a driver hands to simple_allocator_register. */
export interface DeviceRegistration {
  readonly name: string;
  readonly driver: RegionDriver;
  /** Whether the driver sets `allocate`, and `owner`. */
  readonly allocates: boolean;
  readonly owned: boolean;
  /** Whether the device node cannot be made, after the character device was added. */
  readonly nodeFails: boolean;
}

/** The kernel as a registry needs it, and the classes of the devices that it makes. */
export interface RegistryOptions {
  readonly behaviour: Behaviour;
  readonly log: KernelLog;
  readonly AllocatorDevice: typeof AllocatorDevice;
  readonly DeviceFile: typeof DeviceFile;
}

/**
 * The devices of the class and the character devices behind their numbers, which are two things in
 * Linux: a number may lead to a device that is not (or no longer) in the class. What registering
 * means is the behaviour's: {@link HardenedRegistry} and RfcRegistry.
 */
export abstract class Registry {
  protected readonly log: KernelLog;
  readonly #options: RegistryOptions;
  #devices: readonly AllocatorDevice[] = [];
  #numbers: readonly { readonly minor: number; readonly device: AllocatorDevice }[] = [];

  constructor(options: RegistryOptions) {
    this.log = options.log;
    this.#options = options;
  }

  /** A device that has no minor yet. */
  protected make({ driver }: DeviceRegistration): AllocatorDevice {
    return new this.#options.AllocatorDevice({ ...this.#options, driver });
  }

  /** The class, oldest device first: what /sys/class shows. */
  get devices(): readonly AllocatorDevice[] {
    return this.#devices;
  }

  /** The registered device that has a minor; the oldest when there are several. */
  device(minor: number): AllocatorDevice | undefined {
    return this.#devices.find((device) => device.minor === minor && device.state !== 'gone');
  }

  /** Registers an allocator and returns its minor. */
  abstract register(wanted: DeviceRegistration): SystemCall<number | ErrnoName>;
  /** Unregisters the device with a minor; undefined stands for NULL. */
  abstract unregister(minor: number | undefined): SystemCall<bigint | ErrnoName>;

  /**
   * open(2) of a node with a device number of the class. The node is one made with
   * mknod, so it is there whether or not a driver is: chrdev_open then says ENXIO. (The executor
   * opens the node that devtmpfs made, which is gone together with the device: ENOENT.)
   */
  open(minor: number, flags: number): OpenFile | ErrnoName {
    const device = this.#numbers.find((one) => one.minor === minor)?.device;
    return device === undefined ? 'ENXIO' : device.open(flags);
  }

  /** open(2) of a node in /dev, which is there as long as its device is in the class. */
  openNode(node: string, flags: number): OpenFile | ErrnoName {
    const device = this.#devices.find((one) => one.node === node);
    return device === undefined ? 'ENOENT' : this.open(device.minor, flags);
  }

  /** cdev_add: from now on opens of the number reach the device. Nothing refuses a number twice. */
  protected addNumber(minor: number, device: AllocatorDevice): void {
    this.#numbers = [{ minor, device }, ...this.#numbers];
  }

  /** cdev_del, which goes by number and not by device: of equal numbers the latest goes. */
  protected removeNumber(device: AllocatorDevice): void {
    const own = this.#numbers.find((one) => one.device === device);
    const gone = this.#numbers.find((one) => one.minor === own?.minor);
    this.#numbers = this.#numbers.filter((one) => one !== gone);
  }

  protected addToClass(device: AllocatorDevice): void {
    this.#devices = [...this.#devices, device];
  }

  protected removeFromClass(device: AllocatorDevice): void {
    this.#devices = this.#devices.filter((one) => one !== device);
  }

  protected hasNode(node: string): boolean {
    return this.#devices.some((device) => device.node === node && device.state !== 'gone');
  }
}
