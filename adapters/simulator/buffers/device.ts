import type { ErrnoName } from '../../contract/errno.ts';
import type { KernelLog } from '../kernel/kernel-log.ts';
import type { OpenFile } from '../kernel/open-file.ts';
import type { Behaviour } from './behaviour.ts';
import type { RegionDriver } from './device-ioctl.ts';

/** SA_MAJOR of RFC v2 1/2. */
export const SA_MAJOR = 222;

/** The parts of a device. */
export interface DeviceParts {
  readonly driver: RegionDriver;
  readonly behaviour: Behaviour;
  readonly log: KernelLog;
  /** The class of its open files. */
  readonly DeviceFile: new (
    device: AllocatorDevice,
    flags: number,
  ) => OpenFile;
}

/** A device of the class: struct sa_device. The registry makes it ready and lets it go. */
export class AllocatorDevice {
  readonly driver: RegionDriver;
  readonly behaviour: Behaviour;
  readonly log: KernelLog;
  /** Path in /dev, once it has a minor. */
  node = '';
  minor = -1;
  /** `starting` until it is set up, `gone` once it was unregistered. */
  state: 'starting' | 'ready' | 'gone' = 'starting';
  /** Open-file descriptions that refer to it. */
  opens = 0;
  readonly #DeviceFile: DeviceParts['DeviceFile'];

  constructor({ driver, behaviour, log, DeviceFile }: DeviceParts) {
    this.driver = driver;
    this.behaviour = behaviour;
    this.log = log;
    this.#DeviceFile = DeviceFile;
  }

  /** open(2), once the number has led to the device. */
  open(flags: number): OpenFile | ErrnoName {
    return this.newFile(flags);
  }

  /** Another open-file description of the device. */
  newFile(flags: number): OpenFile {
    return new this.#DeviceFile(this, flags);
  }
}
