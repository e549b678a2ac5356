import { linux, type Operation } from '../adapters/contract/index.ts';
import type { Case } from './case.ts';
import { contentsWord, fillBytes, stamp } from './contents.ts';
import { observeConserved } from './free-memory.ts';

const PROTECTION = linux.PROT_READ | linux.PROT_WRITE;
const FLAGS = linux.MAP_SHARED;
const SIGKILL = 9n;

/** Buffers allocated and overwritten to show that memory was given away too early. */
const CHALLENGERS = 8;

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
        { op: 'kill', client: 'victim', signal: SIGKILL },
        { op: 'wait', client: 'victim' },
      ];
      await observeConserved(bench, { requirement: 'LIF-06', body, bytesPerCycle: length });
    },
  },
];

/** Gives the allocator every chance to hand out memory that is still in use. */
async function overwriteNewBuffers(bench: Parameters<Case['run']>[0]): Promise<void> {
  for (let index = 0; index < CHALLENGERS; index += 1) {
    const mapping = await bench.map(await bench.buffer(), bench.page);
    await fillBytes(bench.subject, mapping, bench.page, 0xff);
  }
}
