import { linux, type Operation } from '../../adapters/contract/index.ts';
import type { Case } from '../kit/case.ts';
import {
  bufferWord,
  contentsWord,
  fillBytes,
  overwriteNewBuffers,
  pattern,
  stamp,
} from '../kit/contents.ts';
import { observeConserved } from '../kit/free-memory.ts';

const PROTECTION = linux.PROT_READ | linux.PROT_WRITE;
const FLAGS = linux.MAP_SHARED;

/** Group H: close frees, and nothing else does. */
export const lifetime: readonly Case[] = [
  {
    id: 'LIF-01/close',
    title: 'the last close frees',
    requirements: ['LIF-01'],
    async run(bench) {
      const body: Operation[] = [
        bench.allocationStep('cycle', await bench.device(), { length: 4n * bench.page }),
        { op: 'close', fd: bench.descriptorIn('cycle') },
      ];
      await observeConserved(bench, { requirement: 'LIF-01', body, bytesPerCycle: bench.page });
    },
  },
  {
    id: 'LIF-02/device-closed-first',
    title: 'a close frees without the device',
    requirements: ['LIF-02'],
    async run(bench) {
      const length = 4n * bench.page;
      const body: Operation[] = [
        { op: 'open', slot: 'own', file: bench.region.name, flags: linux.O_RDWR },
        bench.allocationStep('cycle', { slot: 'own' }, { length }),
        { op: 'close', fd: { slot: 'own' } },
        { op: 'close', fd: bench.descriptorIn('cycle') },
      ];
      await observeConserved(bench, { requirement: 'LIF-02', body, bytesPerCycle: bench.page });
    },
  },
  {
    id: 'LIF-03/fork',
    title: 'a copy in another process keeps the buffer',
    requirements: ['LIF-03'],
    needs: ['clients'],
    async run(bench) {
      const { page } = bench;
      const buffer = await bench.buffer();
      await stamp(bench, buffer, page, 0x5a);
      await bench.subject.fork({ client: 'heir' });
      await bench.release(buffer);
      await overwriteNewBuffers(bench);
      const heir = bench.client('heir');
      const mapping = await bench.map({ ...buffer, client: heir }, page);
      const word = await contentsWord(heir, mapping, page, 0x5a);
      bench.observe('LIF-03', 'pattern', word, `the buffer in the child process: ${word}`);
    },
  },
  {
    id: 'LIF-04/mapping',
    title: 'a mapping keeps the buffer',
    requirements: ['LIF-04'],
    async run(bench) {
      const { page, subject } = bench;
      const buffer = await bench.buffer();
      const mapping = await bench.map(buffer, page);
      await fillBytes(subject, mapping, page, 0x5a);
      await bench.release(buffer);
      await overwriteNewBuffers(bench);
      const word = await contentsWord(subject, mapping, page, 0x5a);
      bench.observe('LIF-04', 'pattern', word, `the mapping after close: ${word}`);
    },
  },
  {
    id: 'LIF-04/munmap-frees',
    title: 'the last munmap frees',
    requirements: ['LIF-04'],
    async run(bench) {
      const length = 4n * bench.page;
      const fd = bench.descriptorIn('cycle');
      const body: Operation[] = [
        bench.allocationStep('cycle', await bench.device(), { length }),
        { op: 'mmap', slot: 'mapped', length, protection: PROTECTION, flags: FLAGS, fd },
        { op: 'close', fd },
        { op: 'munmap', address: { slot: 'mapped' }, length },
      ];
      await observeConserved(bench, { requirement: 'LIF-04', body, bytesPerCycle: bench.page });
    },
  },
  {
    id: 'LIF-05/parts',
    title: 'what is left of a mapping stays valid',
    requirements: ['LIF-05'],
    async run(bench) {
      const { page, subject } = bench;
      const buffer = await bench.buffer({ length: 4n * page });
      const mapping = await bench.map(buffer, 4n * page);
      await fillBytes(subject, mapping, 4n * page, 0x71);
      await subject.munmap({ address: mapping, offset: page, length: 2n * page });
      await bench.release(buffer);
      await overwriteNewBuffers(bench);
      for (const offset of [0n, 3n * page]) {
        const bytes = pattern(0x71);
        const scan = await subject.scan({ address: mapping, offset, length: page, bytes });
        const seen = scan.value === page ? 'own-bytes' : 'other-bytes';
        const word = scan.ok ? seen : scan.word;
        bench.observe('LIF-05', 'rest', word, `page ${offset / page} of four: ${word}`);
      }
    },
  },
  {
    id: 'LIF-05/last-part-frees',
    title: 'the last part of a mapping frees',
    requirements: ['LIF-05'],
    async run(bench) {
      const half = 2n * bench.page;
      const fd = bench.descriptorIn('cycle');
      const address = { slot: 'mapped' };
      const body: Operation[] = [
        bench.allocationStep('cycle', await bench.device(), { length: 2n * half }),
        { op: 'mmap', slot: 'mapped', length: 2n * half, protection: PROTECTION, flags: FLAGS, fd },
        { op: 'close', fd },
        { op: 'munmap', address, length: half },
        { op: 'munmap', address, offset: half, length: half },
      ];
      await observeConserved(bench, { requirement: 'LIF-05', body, bytesPerCycle: bench.page });
    },
  },
  {
    id: 'LIF-06/killed',
    title: 'a killed process frees everything',
    requirements: ['LIF-06'],
    needs: ['clients'],
    async run(bench) {
      const length = bench.region.bounded ? 4n * bench.page : 256n * bench.page;
      const fd = bench.descriptorIn('cycle');
      const body: Operation[] = [
        bench.allocationStep('cycle', await bench.device(), { length }),
        { op: 'mmap', slot: 'mapped', length, protection: PROTECTION, flags: FLAGS, fd },
        { op: 'fork', client: 'victim' },
        { op: 'munmap', address: { slot: 'mapped' }, length },
        { op: 'close', fd },
        { op: 'kill', client: 'victim', signal: linux.SIGKILL },
        { op: 'wait', client: 'victim' },
      ];
      await observeConserved(bench, { requirement: 'LIF-06', body, bytesPerCycle: length });
    },
  },
  {
    id: 'LIF-07/in-flight',
    title: 'a buffer in flight is freed with its socket',
    requirements: ['LIF-07'],
    needs: ['sockets'],
    async run(bench) {
      const fd = bench.descriptorIn('cycle');
      const [one, other] = [0, 4].map(
        (offset) => ({ slot: 'ends', offset, width: 4, signed: true }) as const,
      );
      if (one === undefined || other === undefined) throw new Error('a socket pair has two ends');
      const body: Operation[] = [
        { op: 'socketpair', slot: 'ends' },
        bench.allocationStep('cycle', await bench.device(), { length: 4n * bench.page }),
        { op: 'sendfd', fd: one, passed: fd },
        { op: 'close', fd },
        { op: 'close', fd: one },
        { op: 'close', fd: other },
      ];
      await observeConserved(bench, { requirement: 'LIF-07', body, bytesPerCycle: bench.page });
    },
  },
  {
    id: 'LIF-08/twice',
    title: 'a second close is refused and harms nobody',
    requirements: ['LIF-08'],
    async run(bench) {
      const before = await bench.buffer();
      const closed = await bench.buffer();
      const after = await bench.buffer();
      await stamp(bench, before, bench.page, 0x11);
      await stamp(bench, after, bench.page, 0x22);
      await bench.release(closed);
      const { word } = await bench.subject.close({ fd: closed.fd });
      bench.observe('LIF-08', 'second', word, `the second close came to ${word}`);
      await overwriteNewBuffers(bench);
      for (const [buffer, byte, name] of [
        [before, 0x11, 'before'],
        [after, 0x22, 'after'],
      ] as const) {
        const seen = await bufferWord(bench, buffer, bench.page, byte);
        bench.observe('LIF-08', 'others', seen, `the buffer allocated ${name} it: ${seen}`);
      }
    },
  },
  {
    id: 'LIF-09/many',
    title: 'very many allocations cost nothing in the end',
    requirements: ['LIF-09'],
    deadlineMs: 120_000,
    async run(bench) {
      await observeConserved(bench, {
        requirement: 'LIF-09',
        body: [
          bench.allocationStep('cycle', await bench.device()),
          { op: 'close', fd: bench.descriptorIn('cycle') },
        ],
        bytesPerCycle: bench.page / MANY_PER_PAGE,
        cycles: MANY,
      });
    },
  },
  {
    id: 'LIF-09/refusals',
    title: 'refused requests cost nothing',
    requirements: ['LIF-09'],
    async run(bench) {
      const device = await bench.device();
      const plain = bench.allocationStep('refused', device);
      const { bytes } = plain.argument;
      const unreadable = { ...plain, argument: { bytes, placement: { kind: 'null' } } } as const;
      await observeConserved(bench, {
        requirement: 'LIF-09',
        role: 'refusals',
        body: [
          bench.allocationStep('refused', device, { length: 0n }),
          bench.allocationStep('refused', device, { length: -1n }),
          unreadable,
        ],
        bytesPerCycle: bench.page,
        refused: true,
      });
    },
  },
  {
    id: 'LIF-10/reused',
    title: 'reused memory is out of reach of who had it before',
    requirements: ['LIF-10'],
    needs: ['clients'],
    async run(bench) {
      const { page, subject } = bench;
      const buffer = await bench.buffer();
      const mapping = await bench.map(buffer, page);
      await fillBytes(subject, mapping, page, 0x5c);
      await subject.fork({ client: 'heir' });
      const heir = bench.client('heir');
      await heir.close({ fd: buffer.fd });
      await subject.munmap({ address: mapping, length: page });
      await bench.release(buffer);
      const { word: gone } = await subject.load({ address: mapping, length: 1n });
      bench.observe('LIF-10', 'old-address', gone, `a load from the old address came to ${gone}`);
      await overwriteNewBuffers(bench);
      const word = await contentsWord(heir, mapping, page, 0x5c);
      bench.observe('LIF-10', 'inherited', word, `the child’s inherited mapping: ${word}`);
    },
  },
];

/** Allocations in each of two blocks: a page lost in so many shows. */
const MANY = 16_384n;
/** On an unbounded region a page lost in so many cycles shows. */
const MANY_PER_PAGE = 16n;
