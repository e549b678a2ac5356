import { linux, type Operation, outcomePhrase } from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import {
  bufferWord,
  contentsWord,
  fillWhole,
  overwriteNewBuffers,
  pattern,
  stamp,
} from '../../kit/contents.ts';
import { observeConserved } from '../../kit/free-memory.ts';
import { cycleLength, cycleSizes, fewSizes } from '../../kit/sizes.ts';

const PROTECTION = linux.PROT_READ | linux.PROT_WRITE;
const FLAGS = linux.MAP_SHARED;

/** Close frees, and nothing else does. */
export const releaseCases: readonly Case[] = [
  {
    id: 'LIF-01/close',
    title: 'the last close frees',
    requirements: ['LIF-01'],
    async run(context) {
      const length = cycleLength(context);
      const body: Operation[] = [
        context.allocationStep('cycle', await context.device(), { length }),
        { op: 'close', fd: context.descriptorIn('cycle') },
      ];
      await observeConserved(context, { requirement: 'LIF-01', body, leakBytes: length });
    },
  },
  {
    id: 'LIF-02/device-closed-first',
    title: 'a close frees without the device',
    requirements: ['LIF-02'],
    async run(context) {
      const bodyOf = (length: bigint): Operation[] => [
        { op: 'open', slot: 'own', file: context.region.name, flags: linux.O_RDWR },
        context.allocationStep('cycle', { slot: 'own' }, { length }),
        { op: 'close', fd: { slot: 'own' } },
        { op: 'close', fd: context.descriptorIn('cycle') },
      ];
      for (const { length, cycles } of cycleSizes(context)) {
        const body = bodyOf(length);
        await observeConserved(context, { requirement: 'LIF-02', body, leakBytes: length, cycles });
      }
    },
  },
  {
    id: 'LIF-03/fork',
    title: 'a copy in another process keeps the buffer',
    requirements: ['LIF-03'],
    needs: ['clients'],
    async run(context) {
      for (const length of fewSizes(context)) {
        const buffer = await context.buffer({ length });
        await stamp(context, buffer, length, 0x5a);
        const heir = context.client(`heir-${length}`);
        await context.subject.fork({ client: heir.clientName });
        await context.release(buffer);
        await overwriteNewBuffers(context, length);
        const word = await bufferWord(context, { ...buffer, client: heir }, length, 0x5a);
        const detail = `a buffer of ${length} bytes in the child process: ${word}`;
        context.observe('LIF-03', 'pattern', word, detail);
      }
    },
  },
  {
    id: 'LIF-04/mapping',
    title: 'a mapping keeps the buffer',
    requirements: ['LIF-04'],
    async run(context) {
      for (const length of fewSizes(context)) {
        const buffer = await context.buffer({ length });
        const mapping = await context.map(buffer, length);
        await fillWhole(context.subject, mapping, length, 0x5a);
        await context.release(buffer);
        await overwriteNewBuffers(context, length);
        const word = await contentsWord(context.subject, mapping, length, 0x5a);
        const detail = `a mapping of ${length} bytes after close: ${word}`;
        context.observe('LIF-04', 'pattern', word, detail);
      }
    },
  },
  {
    id: 'LIF-04/munmap-frees',
    title: 'the last munmap frees',
    requirements: ['LIF-04'],
    async run(context) {
      const device = await context.device();
      const fd = context.descriptorIn('cycle');
      const bodyOf = (length: bigint): Operation[] => [
        context.allocationStep('cycle', device, { length }),
        { op: 'mmap', slot: 'mapped', length, protection: PROTECTION, flags: FLAGS, fd },
        { op: 'close', fd },
        { op: 'munmap', address: { slot: 'mapped' }, length },
      ];
      for (const { length, cycles } of cycleSizes(context)) {
        const body = bodyOf(length);
        await observeConserved(context, { requirement: 'LIF-04', body, leakBytes: length, cycles });
      }
    },
  },
  {
    id: 'LIF-05/parts',
    title: 'what is left of a mapping stays valid',
    requirements: ['LIF-05'],
    async run(context) {
      const { page, subject } = context;
      const buffer = await context.buffer({ length: 4n * page });
      const mapping = await context.map(buffer, 4n * page);
      await fillWhole(subject, mapping, 4n * page, 0x71);
      await subject.munmap({ address: mapping, offset: page, length: 2n * page });
      await context.release(buffer);
      await overwriteNewBuffers(context);
      for (const offset of [0n, 3n * page]) {
        const bytes = pattern(0x71);
        const scan = await subject.scan({ address: mapping, offset, length: page, bytes });
        const seen = scan.value === page ? 'own-bytes' : 'other-bytes';
        const word = scan.ok ? seen : scan.word;
        context.observe('LIF-05', 'rest', word, `page ${offset / page} of four: ${word}`);
      }
    },
  },
  {
    id: 'LIF-05/last-part-frees',
    title: 'the last part of a mapping frees',
    requirements: ['LIF-05'],
    async run(context) {
      const device = await context.device();
      const fd = context.descriptorIn('cycle');
      const address = { slot: 'mapped' };
      const bodyOf = (length: bigint): Operation[] => {
        const part = (length / context.page / 2n) * context.page;
        return [
          context.allocationStep('cycle', device, { length }),
          { op: 'mmap', slot: 'mapped', length, protection: PROTECTION, flags: FLAGS, fd },
          { op: 'close', fd },
          { op: 'munmap', address, length: part },
          { op: 'munmap', address, offset: part, length: length - part },
        ];
      };
      for (const { length, cycles } of cycleSizes(context)) {
        const body = bodyOf(length);
        await observeConserved(context, { requirement: 'LIF-05', body, leakBytes: length, cycles });
      }
    },
  },
  {
    id: 'LIF-06/killed',
    title: 'a killed process frees everything',
    requirements: ['LIF-06'],
    needs: ['clients'],
    async run(context) {
      const length = cycleLength(context);
      const fd = context.descriptorIn('cycle');
      const body: Operation[] = [
        context.allocationStep('cycle', await context.device(), { length }),
        { op: 'mmap', slot: 'mapped', length, protection: PROTECTION, flags: FLAGS, fd },
        { op: 'fork', client: 'victim' },
        { op: 'munmap', address: { slot: 'mapped' }, length },
        { op: 'close', fd },
        { op: 'kill', client: 'victim', signal: linux.SIGKILL },
        { op: 'wait', client: 'victim' },
      ];
      await observeConserved(context, { requirement: 'LIF-06', body, leakBytes: length });
    },
  },
  {
    id: 'LIF-07/in-flight',
    title: 'a buffer in flight is freed with its socket',
    requirements: ['LIF-07'],
    needs: ['sockets'],
    async run(context) {
      const fd = context.descriptorIn('cycle');
      const [one, other] = [0, 4].map(
        (offset) => ({ slot: 'ends', offset, width: 4, signed: true }) as const,
      );
      if (one === undefined || other === undefined) throw new Error('a socket pair has two ends');
      const device = await context.device();
      const bodyOf = (length: bigint): Operation[] => [
        { op: 'socketpair', slot: 'ends' },
        context.allocationStep('cycle', device, { length }),
        { op: 'sendfd', fd: one, passed: fd },
        { op: 'close', fd },
        { op: 'close', fd: one },
        { op: 'close', fd: other },
      ];
      for (const { length, cycles } of cycleSizes(context)) {
        const body = bodyOf(length);
        await observeConserved(context, { requirement: 'LIF-07', body, leakBytes: length, cycles });
      }
    },
  },
  {
    id: 'LIF-08/twice',
    title: 'a second close is refused and affects no other buffer',
    requirements: ['LIF-08'],
    async run(context) {
      const before = await context.buffer();
      const closed = await context.buffer();
      const after = await context.buffer();
      await stamp(context, before, context.page, 0x11);
      await stamp(context, after, context.page, 0x22);
      await context.release(closed);
      const { word } = await context.subject.close({ fd: closed.fd });
      context.observe('LIF-08', 'second', word, `the second close ${outcomePhrase(word)}`);
      await overwriteNewBuffers(context);
      for (const [buffer, byte, name] of [
        [before, 0x11, 'before'],
        [after, 0x22, 'after'],
      ] as const) {
        const seen = await bufferWord(context, buffer, context.page, byte);
        context.observe('LIF-08', 'others', seen, `the buffer allocated ${name} it: ${seen}`);
      }
    },
  },
  {
    id: 'LIF-09/many',
    title: 'very many allocations cost nothing in the end',
    requirements: ['LIF-09'],
    deadlineMs: 120_000,
    async run(context) {
      await observeConserved(context, {
        requirement: 'LIF-09',
        body: [
          context.allocationStep('cycle', await context.device()),
          { op: 'close', fd: context.descriptorIn('cycle') },
        ],
        leakBytes: context.page,
        cycles: MANY,
      });
    },
  },
  {
    id: 'LIF-09/refusals',
    title: 'refused requests cost nothing',
    requirements: ['LIF-09'],
    async run(context) {
      const device = await context.device();
      const plain = context.allocationStep('refused', device);
      const { bytes } = plain.argument;
      const unreadable = { ...plain, argument: { bytes, placement: { kind: 'null' } } } as const;
      await observeConserved(context, {
        requirement: 'LIF-09',
        role: 'refusals',
        body: [
          context.allocationStep('refused', device, { length: 0n }),
          context.allocationStep('refused', device, { length: -1n }),
          unreadable,
        ],
        leakBytes: context.page,
        refused: true,
      });
    },
  },
  {
    id: 'LIF-10/reused',
    title: 'reused memory is out of reach of its former user',
    requirements: ['LIF-10'],
    needs: ['clients'],
    async run(context) {
      const { page, subject } = context;
      const buffer = await context.buffer();
      const mapping = await context.map(buffer, page);
      await fillWhole(subject, mapping, page, 0x5c);
      await subject.fork({ client: 'heir' });
      const heir = context.client('heir');
      await heir.close({ fd: buffer.fd });
      await subject.munmap({ address: mapping, length: page });
      await context.release(buffer);
      const { word: gone } = await subject.load({ address: mapping, length: 1n });
      context.observe(
        'LIF-10',
        'old-address',
        gone,
        `a load from the old address ${outcomePhrase(gone)}`,
      );
      await overwriteNewBuffers(context);
      const word = await contentsWord(heir, mapping, page, 0x5c);
      context.observe('LIF-10', 'inherited', word, `the child’s inherited mapping: ${word}`);
    },
  },
];

/** Allocations in each of two blocks: a page lost in so many shows. */
const MANY = 16_384n;
