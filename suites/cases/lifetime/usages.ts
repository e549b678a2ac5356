import { linux, type Operation, succeeded } from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import { type CaseContext, SUBJECT } from '../../kit/context.ts';
import { observeConserved } from '../../kit/free-memory.ts';
import { cycleLength } from '../../kit/sizes.ts';
import { BUFFER_USES, type BufferUse } from './uses.ts';

const { MAP_SHARED, PROT_READ, PROT_WRITE } = linux;

/** The case of a use: free memory over many buffers of which each is used once. */
const caseOf = (use: BufferUse): Case => ({
  id: `LIF-16/${use.name}`,
  title: use.title,
  requirements: ['LIF-16'],
  ...(use.needs === undefined ? {} : { needs: use.needs }),
  async run(context) {
    const { works, refused } = await use.calls(context, context.descriptorIn('cycle'));
    await observeUse(context, use.role, works, refused);
  },
});

/** Calls that use a buffer, or are refused by it, and keep nothing. */
export const usageCases: readonly Case[] = [
  ...BUFFER_USES.map(caseOf),
  {
    id: 'LIF-16/peeked',
    title: 'reading a mapping from another process costs the buffer nothing',
    requirements: ['LIF-16'],
    needs: ['clients'],
    async run(context) {
      const length = cycleLength(context);
      const fd = context.descriptorIn('cycle');
      const address = { slot: 'mapped' };
      const protection = PROT_READ | PROT_WRITE;
      const flags = MAP_SHARED;
      const map: Operation = { op: 'mmap', slot: 'mapped', length, protection, flags, fd };
      const child: Operation = { op: 'fork', client: 'child' };
      const peek: Operation = { op: 'peek', client: 'child', address, length: 16n };
      const end: Operation[] = [
        { op: 'kill', client: 'child', signal: linux.SIGKILL },
        { op: 'wait', client: 'child' },
        { op: 'munmap', address, length },
      ];
      // Whether it can be read from outside is what MAP-16 tells.
      const allocate = context.allocationStep('cycle', await context.device(), { length });
      const close: Operation = { op: 'close', fd };
      const once = await context.runSteps(SUBJECT, [allocate, map, child, peek, ...end, close]);
      const read = once.threads[0]?.[3];
      const refused = read !== undefined && succeeded(read) ? [] : [peek];
      await observeUse(context, 'mappings', [map, child, peek, ...end], [], refused);
    },
  },
];

/** Asks for a buffer, does with it what works and what is refused, and closes it. */
async function observeUse(
  context: CaseContext,
  role: string,
  works: readonly Operation[],
  refused: readonly Operation[] = [],
  refusedBetween: readonly Operation[] = [],
): Promise<void> {
  const length = cycleLength(context);
  await observeConserved(context, {
    requirement: 'LIF-16',
    role,
    body: [
      context.allocationStep('cycle', await context.device(), { length }),
      ...works,
      ...refused,
      { op: 'close', fd: context.descriptorIn('cycle') },
    ],
    leakBytes: length,
    refusedSteps: [...refused, ...refusedBetween],
  });
}
