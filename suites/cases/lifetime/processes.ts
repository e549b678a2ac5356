import { linux, type Operation, outcomePhrase } from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import { contentsWord, fillWhole, overwriteNewBuffers } from '../../kit/contents.ts';
import { observeConserved, observeConservedBy } from '../../kit/free-memory.ts';
import { cycleLength } from '../../kit/sizes.ts';
import { liveThrough, SHARED_LIVES } from '../../kit/three-processes.ts';

const { MADV_DONTFORK, MAP_SHARED, PROT_READ, PROT_WRITE, SIGKILL } = linux;
const PROTECTION = PROT_READ | PROT_WRITE;
/** The fewest lives after which a lost buffer shows in a gauge. */
const LIVES = 64;

/** Buffers that live at once in such a life, and one to spare. */
const TOGETHER = 6n;

/** Buffers that two or three processes have, and lose one after the other. */
export const processCases: readonly Case[] = [
  {
    id: 'LIF-12/three',
    title: 'a buffer outlives any one of three processes',
    requirements: ['LIF-12'],
    needs: ['clients', 'sockets'],
    async run(context) {
      const { bounded } = context.region;
      const length = bounded ? cycleLength(context, TOGETHER) : 4n * context.page;
      for (const life of SHARED_LIVES) {
        const word = await liveThrough(context, life, length);
        const { asks, ends, manner, way } = life;
        const detail = `${way} by the holder; ${ends} ended ${manner}, ${asks} asked: ${word}`;
        context.observe('LIF-12', `${ends}-ends`, word, detail);
      }
    },
  },
  {
    id: 'LIF-12/grandchild',
    title: 'a grandchild’s mapping keeps the buffer',
    requirements: ['LIF-12'],
    needs: ['clients'],
    async run(context) {
      const { page, subject } = context;
      const buffer = await context.buffer();
      const address = await context.map(buffer, page);
      await fillWhole(subject, address, page, 0x3b);
      await subject.fork({ client: 'child' });
      const child = context.client('child');
      await child.fork({ client: 'grandchild' });
      const grandchild = context.client('grandchild');
      for (const one of [grandchild, child]) await one.close({ fd: buffer.fd });
      await subject.kill({ client: 'child', signal: SIGKILL });
      await subject.wait({ client: 'child' });
      await subject.munmap({ address, length: page });
      await context.release(buffer);
      await overwriteNewBuffers(context);
      const word = await contentsWord(grandchild, address, page, 0x3b);
      context.observe('LIF-12', 'grandchild', word, `the mapping that a grandchild has: ${word}`);
    },
  },
  {
    id: 'LIF-12/frees',
    title: 'the last of three processes frees',
    requirements: ['LIF-12'],
    needs: ['clients', 'sockets'],
    deadlineMs: 120_000,
    async run(context) {
      const length = cycleLength(context, TOGETHER);
      await observeConservedBy(context, {
        requirement: 'LIF-12',
        cycles: context.region.bounded ? SHARED_LIVES.length : LIVES,
        bytesPerCycle: length,
        run: async (index) => {
          const life = SHARED_LIVES[index % SHARED_LIVES.length];
          if (life !== undefined) await liveThrough(context, life, length);
        },
      });
    },
  },
  {
    id: 'LIF-17/not-inherited',
    title: 'a mapping may be kept from a child',
    requirements: ['LIF-17'],
    needs: ['clients'],
    async run(context) {
      const { page, subject } = context;
      const buffer = await context.buffer();
      const address = await context.map(buffer, page);
      await fillWhole(subject, address, page, 0x2f);
      await subject.madvise({ address, length: page, advice: MADV_DONTFORK });
      await subject.fork({ client: 'heir' });
      const heir = context.client('heir');
      const { word: there } = await heir.load({ address, length: 1n });
      context.observe(
        'LIF-17',
        'child',
        there,
        `a load from the address in the child ${outcomePhrase(there)}`,
      );
      await heir.close({ fd: buffer.fd });
      await subject.kill({ client: 'heir', signal: SIGKILL });
      await subject.wait({ client: 'heir' });
      await context.release(buffer);
      await overwriteNewBuffers(context);
      const word = await contentsWord(subject, address, page, 0x2f);
      context.observe('LIF-17', 'parent', word, `the parent’s mapping, without the child: ${word}`);
    },
  },
  {
    id: 'LIF-17/frees',
    title: 'a mapping that was kept from a child frees',
    requirements: ['LIF-17'],
    needs: ['clients'],
    async run(context) {
      const length = cycleLength(context);
      const fd = context.descriptorIn('cycle');
      const address = { slot: 'mapped' };
      const body: Operation[] = [
        context.allocationStep('cycle', await context.device(), { length }),
        { op: 'mmap', slot: 'mapped', length, protection: PROTECTION, flags: MAP_SHARED, fd },
        { op: 'madvise', address, length, advice: MADV_DONTFORK },
        { op: 'fork', client: 'victim' },
        { op: 'munmap', address, length },
        { op: 'close', fd },
        { op: 'kill', client: 'victim', signal: SIGKILL },
        { op: 'wait', client: 'victim' },
      ];
      await observeConserved(context, { requirement: 'LIF-17', body, leakBytes: length });
    },
  },
];
