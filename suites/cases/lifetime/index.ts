import type { Case } from '../../kit/case.ts';
import { countCases } from './counts.ts';
import { messageCases } from './messages.ts';
import { processCases } from './processes.ts';
import { referenceCases } from './references.ts';
import { releaseCases } from './releases.ts';
import { sizeCases } from './sizes.ts';
import { usageCases } from './usages.ts';

/** Cases of group `lifetime`, in the order in which they run. */
export const lifetimeCases: readonly Case[] = [
  ...sizeCases,
  ...releaseCases,
  ...referenceCases,
  ...usageCases,
  ...countCases,
  ...processCases,
  ...messageCases,
];
