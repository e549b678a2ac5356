import type { ErrnoName } from '../../contract/errno.ts';
import type { OpenFile } from './open-file.ts';
import type { PageStore } from './pages.ts';

/** A device of the class, as /sys/class lists it. */
export interface DeviceEntry {
  /** Path in /dev. */
  readonly node: string;
  readonly minor: number;
}

/** Memory of the machine that is set aside for a device; system calls only look at it. */
export interface ReservedMemory {
  /** Number of the page frame that it begins with. */
  readonly firstFrame: number;
  readonly pageCount: number;
  readonly freePages: number;
  /** The page frames as a range, both ends included. */
  readonly frames: string;
  readonly store: PageStore;
}

/** Everything that a kernel has because of its drivers, and that generic system calls reach. */
export interface Devices {
  /** The major number of the class, whether or not a device of it is there. */
  readonly major: number;
  /** The class, oldest device first. */
  readonly entries: readonly DeviceEntry[];
  /** Memory by the number in `region:N`. */
  readonly regions: readonly ReservedMemory[];
  /** open(2) of a device by the name that Programs have for it; ENOENT when there is none. */
  open(name: string, flags: number): OpenFile | ErrnoName;
}
