import type { Case } from '../../kit/case.ts';
import { mappingAccessCases } from './access.ts';
import { mappingContentsCases } from './contents.ts';

/** Cases of group `mapping`, in the order in which they run. */
export const mappingCases: readonly Case[] = [...mappingContentsCases, ...mappingAccessCases];
