import type { Operation } from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import { observeConserved } from '../../kit/free-memory.ts';
import { fewCycles, sizeClasses } from '../../kit/sizes.ts';

/** Pages of the largest buffer of a cycle over all sizes. */
const SIZES_PAGES_MAX = 257n;

/** Buffers of every size are freed. */
export const sizeCases: readonly Case[] = [
  {
    id: 'LIF-01/sizes',
    title: 'the last close frees buffers of every size',
    requirements: ['LIF-01'],
    async run(context) {
      const device = await context.device();
      const sizes = sizeClasses(context, SIZES_PAGES_MAX);
      const body = sizes.flatMap((length): Operation[] => [
        context.allocationStep('cycle', device, { length }),
        { op: 'close', fd: context.descriptorIn('cycle') },
      ]);
      const leakBytes = sizes.reduce((sum, length) => sum + length, 0n);
      const cycles = fewCycles(context, leakBytes);
      await observeConserved(context, { requirement: 'LIF-01', body, leakBytes, cycles });
    },
  },
];
