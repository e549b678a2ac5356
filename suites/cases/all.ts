import type { Case } from '../kit/case.ts';
import { abiCases } from './abi.ts';
import { cmaCases } from './cma.ts';
import { concurrencyCases } from './concurrency/index.ts';
import { descriptorsCases } from './descriptors/index.ts';
import { devicesCases } from './devices.ts';
import { errorsCases } from './errors.ts';
import { flagsCases } from './flags.ts';
import { ioctlCases } from './ioctl.ts';
import { isolationCases } from './isolation.ts';
import { lengthCases } from './length.ts';
import { lifetimeCases } from './lifetime/index.ts';
import { mappingCases } from './mapping/index.ts';
import { registryCases } from './registry/index.ts';
import { versionCases } from './version.ts';

/**
 * Every case, in the order in which a run takes them. That close frees comes first: an allocator
 * that leaks runs dry under the other cases, and could then be asked nothing.
 */
export const CASES: readonly Case[] = [
  ...lifetimeCases,
  ...abiCases,
  ...ioctlCases,
  ...versionCases,
  ...flagsCases,
  ...lengthCases,
  ...errorsCases,
  ...descriptorsCases,
  ...mappingCases,
  ...isolationCases,
  ...devicesCases,
  ...cmaCases,
  ...registryCases,
  ...concurrencyCases,
];
