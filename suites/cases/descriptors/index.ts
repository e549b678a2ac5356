import type { Case } from '../../kit/case.ts';
import { argumentCases } from './arguments.ts';
import { fileCases } from './file.ts';

/** Cases of group `descriptors`, in the order in which they run. */
export const descriptorsCases: readonly Case[] = [...fileCases, ...argumentCases];
