import { CmaAllocator } from '../buffers/allocator.ts';
import { AllocatorDevice } from '../buffers/device.ts';
import { DeviceFile } from '../buffers/device-file.ts';
import { DmaBuf } from '../buffers/dma-buf.ts';
import { HardenedIoctl } from '../buffers/hardened-ioctl.ts';
import { Region } from '../buffers/region.ts';
import { RequestRules } from '../buffers/request-rules.ts';
import { HANDLERS } from '../calls/index.ts';
import { KernelCall } from '../calls/kernel-call.ts';
import { AddressSpace } from '../kernel/address-space.ts';
import { Kernel } from '../kernel/kernel.ts';
import { ParallelClient } from '../parallel/client.ts';
import type { ParallelParts } from '../parallel/target.ts';
import { AllocatorDevices, type AllocatorParts } from '../registry/allocator-devices.ts';
import { HardenedRegistry } from '../registry/hardened.ts';

/** The classes that a simulated machine is made of, by their names, and its system calls. */
export interface Parts extends AllocatorParts, ParallelParts {
  readonly AllocatorDevices: typeof AllocatorDevices;
  readonly Kernel: typeof Kernel;
  readonly KernelCall: typeof KernelCall;
  readonly HANDLERS: typeof HANDLERS;
}

/** The parts of a machine that does everything right. */
export const RIGHT: Parts = {
  AddressSpace,
  AllocatorDevice,
  AllocatorDevices,
  CmaAllocator,
  CompatIoctl: HardenedIoctl,
  DeviceFile,
  DmaBuf,
  HANDLERS,
  HardenedIoctl,
  HardenedRegistry,
  Kernel,
  KernelCall,
  ParallelClient,
  Region,
  RequestRules,
};
