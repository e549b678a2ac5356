import type { Case } from '../../kit/case.ts';
import { servingAfterwards } from '../../kit/serving-afterwards.ts';
import { concurrentAllocationCases } from './allocation.ts';
import { changingLengthCases } from './changing-length.ts';
import { concurrentCloseCases } from './close.ts';
import { concurrentEndCases } from './ends.ts';
import { concurrentFillCases } from './filling.ts';

/** Cases of group `concurrency`, in the order in which they run. */
export const concurrencyCases: readonly Case[] = [
  ...changingLengthCases,
  ...concurrentAllocationCases,
  ...concurrentFillCases,
  ...concurrentCloseCases,
  ...concurrentEndCases,
].map(servingAfterwards);
