import { linux, type Operation } from '../../../adapters/contract/index.ts';
import { type Case, Inconclusive } from '../../kit/case.ts';
import { bufferWord, contentsWord, fillBytes, overwriteNewBuffers } from '../../kit/contents.ts';
import { SUBJECT } from '../../kit/context.ts';
import { sync } from '../../kit/dma-buf-sync.ts';
import { observeConserved } from '../../kit/free-memory.ts';

const { MAP_LOCKED, MAP_NORESERVE, MAP_POPULATE, MAP_SHARED, PROT_READ, PROT_WRITE } = linux;

/** Mappings of one buffer at the same time. */
const MAPPINGS = 4096n;

/** Group I: what a mapping of a buffer shows. */
export const mapping: readonly Case[] = [
  {
    id: 'MAP-01/whole',
    title: 'a buffer can be mapped and used over its whole size',
    requirements: ['MAP-01'],
    async run(bench) {
      const length = 4n * bench.page;
      const { fd } = await bench.buffer({ length });
      const protection = PROT_READ | PROT_WRITE;
      const mapped = await bench.subject.mmap({ length, protection, flags: MAP_SHARED, fd });
      bench.observe('MAP-01', 'map', mapped.word, `mmap of all ${length} bytes: ${mapped.word}`);
      if (!mapped.ok) return;
      await fillBytes(bench.subject, mapped, length, 0xc3);
      const word = await contentsWord(bench.subject, mapped, length, 0xc3);
      bench.observe('MAP-01', 'pattern', word, `a pattern written and read back: ${word}`);
    },
  },
  {
    id: 'MAP-02/two-mappings',
    title: 'all mappings show the same memory',
    requirements: ['MAP-02'],
    needs: ['clients'],
    async run(bench) {
      const length = 2n * bench.page;
      const buffer = await bench.buffer({ length });
      const one = await bench.map(buffer, length);
      const other = await bench.map(buffer, length);
      await bench.subject.fork({ client: 'heir' });
      const heir = { ...buffer, client: bench.client('heir') };
      const theirs = await bench.map(heir, length, PROT_READ);
      await sync(bench.subject, buffer.fd, 'write', 'start');
      await fillBytes(bench.subject, one, length, 0x4d);
      await sync(bench.subject, buffer.fd, 'write', 'end');
      for (const [role, client, address] of [
        ['same-process', bench.subject, other],
        ['other-process', heir.client, theirs],
      ] as const) {
        await sync(client, buffer.fd, 'read', 'start');
        const word = await contentsWord(client, address, length, 0x4d);
        await sync(client, buffer.fd, 'read', 'end');
        bench.observe('MAP-02', role, word, `another mapping of the ${role}: ${word}`);
      }
    },
  },
  {
    id: 'MAP-08/offset',
    title: 'a page offset shows that page',
    requirements: ['MAP-08'],
    async run(bench) {
      const { page, subject } = bench;
      const pages = 4;
      const buffer = await bench.buffer({ length: BigInt(pages) * page });
      const whole = await bench.map(buffer, BigInt(pages) * page);
      for (let index = 0; index < pages; index += 1) {
        const offset = BigInt(index) * page;
        const bytes = Uint8Array.of(index + 1);
        await subject.store({ address: whole, offset, length: page, bytes });
      }
      for (let index = 0; index < pages; index += 1) {
        const part = await bench.map(buffer, page, PROT_READ, BigInt(index) * page);
        const word = await contentsWord(subject, part, page, index + 1);
        bench.observe('MAP-08', 'pages', word, `page ${index} mapped alone: ${word}`);
      }
    },
  },
  {
    id: 'MAP-12/all-closed',
    title: 'a mapping needs neither buffer nor device open',
    requirements: ['MAP-12'],
    async run(bench) {
      const { page, subject } = bench;
      const device = await bench.openDevice(subject);
      const buffer = await bench.buffer({}, { device: { slot: device.slot } });
      const address = await bench.map(buffer, page);
      await fillBytes(subject, address, page, 0x6e);
      await subject.close({ fd: device });
      await bench.release(buffer);
      await overwriteNewBuffers(bench);
      const word = await contentsWord(subject, address, page, 0x6e);
      bench.observe('MAP-12', 'pattern', word, `the mapping after both were closed: ${word}`);
    },
  },
  {
    id: 'MAP-14/flags',
    title: 'flags that ask for memory at once work or fail',
    requirements: ['MAP-14'],
    async run(bench) {
      const { page, subject } = bench;
      const { fd } = await bench.buffer();
      const protection = PROT_READ | PROT_WRITE;
      for (const flag of [MAP_POPULATE, MAP_LOCKED, MAP_NORESERVE]) {
        const flags = MAP_SHARED | flag;
        const address = await subject.mmap({ length: page, protection, flags, fd });
        const name = `mmap with flag 0x${flag.toString(16)}`;
        bench.observe('MAP-14', 'map', address.word, `${name} came to ${address.word}`);
        if (!address.ok) continue;
        await fillBytes(subject, address, page, 0x7f);
        const word = await contentsWord(subject, address, page, 0x7f);
        bench.observe('MAP-14', 'pattern', word, `a pattern through ${name}: ${word}`);
      }
    },
  },
  {
    id: 'MAP-15/inherited',
    title: 'an inherited mapping is shared',
    requirements: ['MAP-15'],
    needs: ['clients'],
    async run(bench) {
      const { page, subject } = bench;
      const buffer = await bench.buffer();
      const address = await bench.map(buffer, page);
      await subject.fork({ client: 'heir' });
      await fillBytes(bench.client('heir'), address, page, 0x38);
      const word = await contentsWord(subject, address, page, 0x38);
      bench.observe('MAP-15', 'pattern', word, `what the child wrote, read by its parent: ${word}`);
    },
  },
  {
    id: 'MAP-16/peek',
    title: 'another process may be refused a look, no more',
    requirements: ['MAP-16'],
    needs: ['clients'],
    async run(bench) {
      const { page, subject } = bench;
      const buffer = await bench.buffer();
      const address = await bench.map(buffer, page);
      await fillBytes(subject, address, page, 0x29);
      await subject.fork({ client: 'watcher' });
      const watcher = bench.client('watcher');
      const seen = await watcher.peek({ client: SUBJECT, address, length: page });
      const right = seen.out.every((byte) => byte === 0x29) ? 'own-bytes' : 'other-bytes';
      const word = seen.ok ? right : seen.word;
      bench.observe('MAP-16', 'peek', word, `process_vm_readv of a mapping came to ${word}`);
      const still = await bufferWord(bench, buffer, page, 0x29);
      if (still !== 'own-bytes') throw new Inconclusive(`the buffer itself then held ${still}`);
    },
  },
  {
    id: 'MAP-18/many',
    title: 'a buffer can be mapped very often',
    requirements: ['MAP-18'],
    async run(bench) {
      const { fd } = await bench.buffer();
      const protection = PROT_READ;
      const one = { length: bench.page, protection, flags: MAP_SHARED, fd };
      const body: Operation[] = [{ op: 'mmap', slot: 'many[i]', ...one }];
      const loop: Operation = { op: 'repeat', times: MAPPINGS, stop: 'failure', body };
      const made = (await bench.runSteps(SUBJECT, [loop])).threads[0]?.[0]?.value ?? 0n;
      const word = made === MAPPINGS ? 'all' : 'fewer';
      bench.observe('MAP-18', 'mappings', word, `${made} of ${MAPPINGS} mappings of one buffer`);
    },
  },
  {
    id: 'MAP-18/all-unmapped',
    title: 'a buffer mapped often is freed with the last mapping',
    requirements: ['MAP-18'],
    async run(bench) {
      const length = bench.page;
      const fd = bench.descriptorIn('cycle');
      const slots = Array.from({ length: 8 }, (_, index) => `mapped-${index}`);
      const flags = MAP_SHARED;
      const body: Operation[] = [
        bench.allocationStep('cycle', await bench.device(), { length }),
        ...slots.map((slot): Operation => {
          return { op: 'mmap', slot, length, protection: PROT_READ, flags, fd };
        }),
        { op: 'close', fd },
        ...slots.map((slot): Operation => ({ op: 'munmap', address: { slot }, length })),
      ];
      await observeConserved(bench, { requirement: 'MAP-18', body, bytesPerCycle: length });
    },
  },
];
