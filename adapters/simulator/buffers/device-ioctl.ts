import type { ErrnoName } from '../../contract/errno.ts';
import type { SystemCall } from '../../interpreter/pause.ts';
import type { UserArgument } from '../../interpreter/user-argument.ts';
import type { KernelLog } from '../kernel/kernel-log.ts';
import type { Caller } from '../kernel/open-file.ts';
import type { CmaAllocator } from './allocator.ts';
import type { DmaBuf } from './dma-buf.ts';
import type { RequestRules } from './request-rules.ts';

/** One ioctl on a device. */
export interface DeviceCall {
  readonly request: number;
  readonly argument: UserArgument;
  readonly caller: Caller;
  /** Told of each buffer that was made. */
  onBuffer(buffer: DmaBuf): void;
}

/** The parts that a driver answers ioctls with. */
export interface IoctlParts {
  readonly allocator: CmaAllocator;
  readonly rules: RequestRules;
  readonly log: KernelLog;
}

/** Answers ioctls on devices of one allocator. */
export interface DeviceIoctl {
  answer(call: DeviceCall): SystemCall<bigint | ErrnoName>;
}

/** The driver of a region: its allocator, and how its devices answer ioctls. */
export interface RegionDriver {
  readonly allocator: CmaAllocator;
  readonly ioctl: DeviceIoctl;
  /**
   * Answers 32-bit programs on a 64-bit kernel; undefined where the driver has no compat_ioctl.
   * Source: Documentation/driver-api/ioctl.rst, 32-bit compat mode.
   */
  readonly compatIoctl: DeviceIoctl | undefined;
}
