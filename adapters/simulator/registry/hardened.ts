import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { AllocatorDevice } from '../buffers/device-file.ts';
import type { DefectSet } from '../defects/defect.ts';
import type { KernelLog } from '../kernel/kernel-log.ts';
import { DEVICES_MAX, type Registration, Registry, type RegistryOptions } from './registry.ts';

/**
 * The registry as the kernel's helpers make it when they are used as meant: minors come from an
 * allocator of ids (ida), a device is complete before its number leads to it (cdev_device_add), and
 * what was opened refers to memory of its own, so that it survives unregistering.
 */
export class HardenedRegistry extends Registry {
  readonly #defects: DefectSet;
  readonly #log: KernelLog;
  readonly #taken = new Set<number>();

  constructor(options: RegistryOptions) {
    super(options);
    this.#defects = options.defects;
    this.#log = options.log;
  }

  override *register(wanted: Registration): SystemCall<number | ErrnoName> {
    const defects = this.#defects;
    if (!isComplete(wanted, defects)) {
      if (defects.has('refused-register-listed')) this.addToClass(this.make(wanted));
      return 'EINVAL';
    }
    const minor = this.#lowestFree();
    if (minor >= this.#limit) return 'ENOSPC';
    if (defects.has('register-race')) yield 'registry.minor-chosen';
    this.#taken.add(minor);
    const device = this.make(wanted);
    device.minor = minor;
    device.node = `/dev/${nameOf(wanted, defects)}${minor}`;
    if (defects.has('number-before-device')) this.addNumber(minor, device);
    if (defects.has('listed-before-number')) this.addToClass(device);
    yield 'registry.minor-taken';
    yield 'registry.device-made';
    yield 'registry.node-made';
    const refusal = this.#refusal(wanted, device.node);
    if (refusal !== undefined) {
      this.#undo(device);
      return refusal;
    }
    device.state = 'ready';
    if (!defects.has('number-before-device')) this.addNumber(minor, device);
    if (!defects.has('listed-before-number')) this.addToClass(device);
    yield 'registry.registered';
    return minor;
  }

  /** Two names and minors may make one node: `a1` with 1 and `a` with 11. */
  #refusal(wanted: Registration, node: string): ErrnoName | undefined {
    if (wanted.nodeFails) return 'ENOMEM';
    const exists = this.hasNode(node) && !this.#defects.has('listed-before-number');
    return exists ? 'EEXIST' : undefined;
  }

  /** Takes back what a registration that fails has done; defects forget a part of it. */
  #undo(device: AllocatorDevice): void {
    const { minor } = device;
    this.removeNumber(device);
    this.removeFromClass(device);
    if (this.#defects.has('failed-register-leaves-number')) this.addNumber(minor, device);
    if (this.#defects.has('failed-register-stays-listed')) this.addToClass(device);
    if (!this.#defects.has('failed-register-loses-minor')) this.#taken.delete(minor);
  }

  override *unregister(minor: number | undefined): SystemCall<bigint | ErrnoName> {
    const device = minor === undefined ? this.#standIn() : this.device(minor);
    if (minor === undefined && device === undefined) {
      return this.#defects.has('unregister-null-einval') ? 'EINVAL' : 0n;
    }
    if (device === undefined) return 'ENODEV';
    if (!this.#defects.has('unregister-stays-listed')) this.removeFromClass(device);
    if (!this.#defects.has('unregister-leaves-number')) this.removeNumber(device);
    device.state = 'gone';
    this.#takeBuffers(device);
    if (this.#defects.has('unregister-without-release')) {
      this.#log.warning('drivers/base/core.c:251 device_release');
    }
    yield 'registry.unregistered';
    if (!this.#defects.has('minors-never-reused')) this.#taken.delete(device.minor);
    return 0n;
  }

  /** What goes when NULL is to go (a defect). */
  #standIn(): AllocatorDevice | undefined {
    return this.#defects.has('unregister-null-newest') ? this.devices.at(-1) : undefined;
  }

  /** Takes pages from under buffers that live (defects). */
  #takeBuffers({ buffers }: AllocatorDevice): void {
    for (const buffer of buffers) {
      if (buffer.freed) continue;
      const { region, first, count } = buffer.pages;
      if (this.#defects.has('unregister-revokes-buffers')) buffer.revoke();
      if (this.#defects.has('unregister-frees-buffers')) region.release(first, count);
    }
  }

  get #limit(): number {
    if (this.#defects.has('minors-unlimited')) return Number.POSITIVE_INFINITY;
    return this.#defects.has('minors-off-by-one') ? DEVICES_MAX + 1 : DEVICES_MAX;
  }

  /** The lowest minor that nobody has. */
  #lowestFree(): number {
    // One more than there are devices, although some may have gone from among them (a defect).
    if (this.#defects.has('minor-of-live-device')) return this.devices.length;
    let minor = 0;
    while (this.#taken.has(minor)) minor += 1;
    return minor;
  }
}

function isComplete({ name, allocates, owned }: Registration, defects: DefectSet): boolean {
  if (name === '' && !defects.has('register-without-name')) return false;
  if (!allocates && !defects.has('register-without-allocate')) return false;
  return owned || defects.has('owner-unchecked');
}

/** The first part of the node's name. */
const nameOf = ({ name }: Registration, defects: DefectSet): string =>
  defects.has('register-name-cut') ? name.slice(0, 30) : name;
