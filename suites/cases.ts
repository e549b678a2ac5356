import { abiLayout } from './abi-layout.ts';
import type { Case } from './case.ts';
import { concurrency } from './concurrency.ts';
import { concurrentAllocation } from './concurrent-allocation.ts';
import { concurrentClose } from './concurrent-close.ts';
import { concurrentEnds } from './concurrent-ends.ts';
import { contiguousMemory } from './contiguous-memory.ts';
import { descriptors } from './descriptors.ts';
import { devices } from './devices.ts';
import { errorCodes } from './error-codes.ts';
import { flags } from './flags.ts';
import { ioctlNumber } from './ioctl-number.ts';
import { isolation } from './isolation.ts';
import { length } from './length.ts';
import { lifetime } from './lifetime.ts';
import { mapping } from './mapping.ts';
import { mappingAccess } from './mapping-access.ts';
import { registry } from './registry.ts';
import { versionReserved } from './version-reserved.ts';

/**
 * Every case, in the order in which a run takes them. That close frees comes first: an allocator
 * that leaks runs dry under the other cases, and could then be asked nothing.
 */
export const CASES: readonly Case[] = [
  ...lifetime,
  ...abiLayout,
  ...ioctlNumber,
  ...versionReserved,
  ...flags,
  ...length,
  ...errorCodes,
  ...descriptors,
  ...mapping,
  ...mappingAccess,
  ...isolation,
  ...devices,
  ...contiguousMemory,
  ...registry,
  ...concurrency,
  ...concurrentAllocation,
  ...concurrentClose,
  ...concurrentEnds,
];
