import type { Case } from '../kit/case.ts';
import { abiLayout } from './abi.ts';
import { contiguousMemory } from './cma.ts';
import { concurrentAllocation } from './concurrency/allocation.ts';
import { concurrentClose } from './concurrency/close.ts';
import { concurrency } from './concurrency/concurrency.ts';
import { concurrentEnds } from './concurrency/ends.ts';
import { descriptors } from './descriptors.ts';
import { devices } from './devices.ts';
import { errorCodes } from './errors.ts';
import { flags } from './flags.ts';
import { ioctlNumber } from './ioctl.ts';
import { isolation } from './isolation.ts';
import { length } from './length.ts';
import { lifetime } from './lifetime.ts';
import { mappingAccess } from './mapping/access.ts';
import { mapping } from './mapping/mapping.ts';
import { registry } from './registry/registry.ts';
import { versionReserved } from './version.ts';

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
