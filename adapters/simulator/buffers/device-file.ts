import type { ErrnoName } from '../../contract/errno.ts';
import { linuxNumbers } from '../../contract/linux-numbers.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { UserArgument } from '../../interpreter/user-argument.ts';
import type { DefectSet } from '../defects/defect.ts';
import { compatDefects, lacksCompatIoctl } from '../kernel/compat.ts';
import type { KernelLog } from '../kernel/kernel-log.ts';
import { type Backing, type Caller, type FileStatus, OpenFile } from '../kernel/open-file.ts';
import type { Behaviour } from '../options.ts';
import type { CmaAllocator } from './allocator.ts';
import type { DmaBuf } from './dma-buf.ts';
import { hardenedIoctl } from './simple-allocator.ts';
import { rfcIoctl } from './simple-allocator-rfc.ts';

/** SA_MAJOR of RFC v2 1/2. */
export const SA_MAJOR = 222;
const { S_IFCHR } = linuxNumbers;

/** A device of the class: struct sa_device. The registry makes it ready and lets it go. */
export interface AllocatorDevice {
  readonly allocator: CmaAllocator;
  readonly behaviour: Behaviour;
  readonly defects: DefectSet;
  readonly log: KernelLog;
  /** Path in /dev, once it has a minor. */
  node: string;
  minor: number;
  /** `starting` until it is set up, `gone` once it was unregistered. */
  state: 'starting' | 'ready' | 'gone';
  /** Open-file descriptions that refer to it. */
  opens: number;
  /** Its buffers that live, where a defect ties them to it. */
  readonly buffers: Set<DmaBuf>;
}

/** Defects by which buffers go together with what they were allocated through. */
const BY_FILE = ['closes-with-device', 'leak-after-device-close'];
const BY_DEVICE = ['unregister-frees-buffers', 'unregister-revokes-buffers'];

/** An open /dev/cmaN. It has open, release and ioctl and nothing else: RFC v2 1/2, sa_fops. */
export class DeviceFile extends OpenFile {
  readonly #device: AllocatorDevice;
  /** Buffers made through this file that a defect ties to it. */
  readonly #buffers = new Set<DmaBuf>();
  #firstCaller: Caller | undefined;

  constructor(device: AllocatorDevice, flags: number) {
    super(device.log, flags);
    this.#device = device;
    if (this.pathOnly) return;
    device.opens += 1;
    // get_device before device_initialize: its reference count is not one yet.
    const early = device.state === 'starting' && device.behaviour === 'rfc-v2';
    if (early) device.log.warning('lib/kobject.c:597 kobject_get');
  }

  override get rootOnly(): boolean {
    return !this.#device.defects.has('node-world-readable');
  }

  link(): string {
    return this.#device.node;
  }

  status(): FileStatus {
    const { defects, minor } = this.#device;
    const special = (defects.has('wrong-major') ? SA_MAJOR + 1 : SA_MAJOR) * 256 + minor;
    return { mode: S_IFCHR | 0o600, size: 0n, inode: 2 + minor, device: 5, special };
  }

  override read(length: number, offset: bigint): Uint8Array | ErrnoName {
    const reads = this.#device.defects.has('device-readable');
    return reads ? new Uint8Array(length) : super.read(length, offset);
  }

  override map(first: number, count: number): Backing | ErrnoName {
    const { allocator, defects } = this.#device;
    if (!defects.has('device-mappable')) return super.map(first, count);
    return { expandable: false, resolve: (page) => ({ store: allocator.store, page }) };
  }

  override reopen(flags: number): OpenFile | ErrnoName {
    if (this.#device.state === 'gone') return 'ENXIO';
    return new DeviceFile(this.#device, flags);
  }

  override *ioctl(
    request: number,
    argument: UserArgument,
    caller: Caller,
  ): SystemCall<bigint | ErrnoName> {
    const device = this.#device;
    const { allocator, behaviour, state } = device;
    const refusal = this.#refusal();
    if (refusal !== undefined) return refusal;
    const compat = caller.pointerBytes === 4;
    // What the kernel says for a driver without a function for such callers.
    if (compat && lacksCompatIoctl(device)) return 'ENOTTY';
    const defects = compat ? compatDefects(device.defects) : device.defects;
    const ioctl = behaviour === 'rfc-v2' ? rfcIoctl : hardenedIoctl;
    const has = (name: string): boolean => defects.has(name);
    const onBuffer = (buffer: DmaBuf): void => {
      if (BY_FILE.some(has)) this.#buffers.add(buffer);
      if (BY_DEVICE.some(has)) device.buffers.add(buffer);
    };
    if (has('device-needs-write') && !this.writable) return 'EBADF';
    this.#firstCaller ??= caller;
    const table = has('fd-in-opener-table') ? this.#firstCaller.table : caller.table;
    const { descriptorLimit, pointerBytes } = caller;
    const by = { table, descriptorLimit, pointerBytes };
    const call = { request, argument, caller: by, allocator, defects };
    const onWarning = (where: string): void => device.log.warning(where);
    const value = yield* ioctl({ ...call, onBuffer, onWarning });
    const raced = state === 'ready' && device.state === 'gone';
    if (raced && has('unregister-races-ioctl')) device.log.useAfterFree('sa_ioctl');
    return value;
  }

  /** Why a device that is not registered (any more, or not yet) does nothing. */
  #refusal(): 'ENODEV' | undefined {
    const { behaviour, defects, log, state } = this.#device;
    if (state === 'ready' || behaviour === 'rfc-v2') {
      // What the driver freed when it unregistered is used all the same.
      if (state === 'gone') log.useAfterFree('sa_ioctl');
      return undefined;
    }
    if (state === 'gone' && defects.has('unregister-ioctl-freed')) log.useAfterFree('sa_ioctl');
    return 'ENODEV';
  }

  protected override release(): void {
    const { behaviour, defects, log, state } = this.#device;
    if (!this.pathOnly) {
      this.#device.opens -= 1;
      const freed = behaviour === 'rfc-v2' || defects.has('unregister-close-freed');
      if (state === 'gone' && freed) log.useAfterFree('sa_release');
    }
    const revoking = defects.has('closes-with-device');
    for (const buffer of this.#buffers) {
      if (revoking) buffer.revoke();
      else if (!buffer.freed) buffer.leaks = true;
    }
  }
}
