import { linux, type Operation } from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import { bufferWord, contentsWord, fillBytes, overwriteNewBuffers } from '../../kit/contents.ts';
import { SUBJECT } from '../../kit/context.ts';
import { sync } from '../../kit/dma-buf-sync.ts';
import { cycleLength, observeConserved } from '../../kit/free-memory.ts';
import { Inconclusive } from '../../kit/observation.ts';

const { MAP_LOCKED, MAP_NORESERVE, MAP_POPULATE, MAP_SHARED, PROT_READ, PROT_WRITE } = linux;

/** Mappings of one buffer at the same time. */
const MAPPINGS = 4096n;

/** The contents that a mapping of a buffer shows. */
export const mappingContentsCases: readonly Case[] = [
  {
    id: 'MAP-01/whole',
    title: 'a buffer can be mapped and used over its whole size',
    requirements: ['MAP-01'],
    async run(context) {
      const length = 4n * context.page;
      const { fd } = await context.buffer({ length });
      const protection = PROT_READ | PROT_WRITE;
      const mapped = await context.subject.mmap({ length, protection, flags: MAP_SHARED, fd });
      context.observe('MAP-01', 'map', mapped.word, `mmap of all ${length} bytes: ${mapped.word}`);
      if (!mapped.ok) return;
      await fillBytes(context.subject, mapped, length, 0xc3);
      const word = await contentsWord(context.subject, mapped, length, 0xc3);
      context.observe('MAP-01', 'pattern', word, `a pattern written and read back: ${word}`);
    },
  },
  {
    id: 'MAP-02/two-mappings',
    title: 'all mappings show the same memory',
    requirements: ['MAP-02'],
    needs: ['clients'],
    async run(context) {
      const length = 2n * context.page;
      const buffer = await context.buffer({ length });
      const one = await context.map(buffer, length);
      const other = await context.map(buffer, length);
      await context.subject.fork({ client: 'heir' });
      const heir = { ...buffer, client: context.client('heir') };
      const theirs = await context.map(heir, length, PROT_READ);
      await sync(context.subject, buffer.fd, 'write', 'start');
      await fillBytes(context.subject, one, length, 0x4d);
      await sync(context.subject, buffer.fd, 'write', 'end');
      for (const [role, client, address] of [
        ['same-process', context.subject, other],
        ['other-process', heir.client, theirs],
      ] as const) {
        await sync(client, buffer.fd, 'read', 'start');
        const word = await contentsWord(client, address, length, 0x4d);
        await sync(client, buffer.fd, 'read', 'end');
        context.observe('MAP-02', role, word, `another mapping of the ${role}: ${word}`);
      }
    },
  },
  {
    id: 'MAP-08/offset',
    title: 'a page offset shows that page',
    requirements: ['MAP-08'],
    async run(context) {
      const { page, subject } = context;
      const pages = 4;
      const buffer = await context.buffer({ length: BigInt(pages) * page });
      const whole = await context.map(buffer, BigInt(pages) * page);
      for (let index = 0; index < pages; index += 1) {
        const offset = BigInt(index) * page;
        const bytes = Uint8Array.of(index + 1);
        await subject.store({ address: whole, offset, length: page, bytes });
      }
      for (let index = 0; index < pages; index += 1) {
        const part = await context.map(buffer, page, PROT_READ, BigInt(index) * page);
        const word = await contentsWord(subject, part, page, index + 1);
        context.observe('MAP-08', 'pages', word, `page ${index} mapped alone: ${word}`);
      }
    },
  },
  {
    id: 'MAP-12/all-closed',
    title: 'a mapping needs neither buffer nor device open',
    requirements: ['MAP-12'],
    async run(context) {
      const { page, subject } = context;
      const device = await context.openDevice(subject);
      const buffer = await context.buffer({}, { device: { slot: device.slot } });
      const address = await context.map(buffer, page);
      await fillBytes(subject, address, page, 0x6e);
      await subject.close({ fd: device });
      await context.release(buffer);
      await overwriteNewBuffers(context);
      const word = await contentsWord(subject, address, page, 0x6e);
      context.observe('MAP-12', 'pattern', word, `the mapping after both were closed: ${word}`);
    },
  },
  {
    id: 'MAP-14/flags',
    title: 'flags that ask for memory at once work or fail',
    requirements: ['MAP-14'],
    async run(context) {
      const { page, subject } = context;
      const { fd } = await context.buffer();
      const protection = PROT_READ | PROT_WRITE;
      for (const flag of [MAP_POPULATE, MAP_LOCKED, MAP_NORESERVE]) {
        const flags = MAP_SHARED | flag;
        const address = await subject.mmap({ length: page, protection, flags, fd });
        const name = `mmap with flag 0x${flag.toString(16)}`;
        context.observe('MAP-14', 'map', address.word, `${name} came to ${address.word}`);
        if (!address.ok) continue;
        await fillBytes(subject, address, page, 0x7f);
        const word = await contentsWord(subject, address, page, 0x7f);
        context.observe('MAP-14', 'pattern', word, `a pattern through ${name}: ${word}`);
      }
    },
  },
  {
    id: 'MAP-15/inherited',
    title: 'an inherited mapping is shared',
    requirements: ['MAP-15'],
    needs: ['clients'],
    async run(context) {
      const { page, subject } = context;
      const buffer = await context.buffer();
      const address = await context.map(buffer, page);
      await subject.fork({ client: 'heir' });
      await fillBytes(context.client('heir'), address, page, 0x38);
      const word = await contentsWord(subject, address, page, 0x38);
      context.observe(
        'MAP-15',
        'pattern',
        word,
        `what the child wrote, read by its parent: ${word}`,
      );
    },
  },
  {
    id: 'MAP-16/peek',
    title: 'another process may be refused a look, no more',
    requirements: ['MAP-16'],
    needs: ['clients'],
    async run(context) {
      const { page, subject } = context;
      const buffer = await context.buffer();
      const address = await context.map(buffer, page);
      await fillBytes(subject, address, page, 0x29);
      await subject.fork({ client: 'watcher' });
      const watcher = context.client('watcher');
      const seen = await watcher.peek({ client: SUBJECT, address, length: page });
      const right = seen.out.every((byte) => byte === 0x29) ? 'own-bytes' : 'other-bytes';
      const word = seen.ok ? right : seen.word;
      context.observe('MAP-16', 'peek', word, `process_vm_readv of a mapping came to ${word}`);
      const still = await bufferWord(context, buffer, page, 0x29);
      if (still !== 'own-bytes') throw new Inconclusive(`the buffer itself then held ${still}`);
    },
  },
  {
    id: 'MAP-18/many',
    title: 'a buffer can be mapped very often',
    requirements: ['MAP-18'],
    async run(context) {
      const { fd } = await context.buffer();
      const protection = PROT_READ;
      const one = { length: context.page, protection, flags: MAP_SHARED, fd };
      const body: Operation[] = [{ op: 'mmap', slot: 'many[i]', ...one }];
      const loop: Operation = { op: 'repeat', times: MAPPINGS, stop: 'failure', body };
      const made = (await context.runSteps(SUBJECT, [loop])).threads[0]?.[0]?.value ?? 0n;
      const word = made === MAPPINGS ? 'all' : 'fewer';
      context.observe('MAP-18', 'mappings', word, `${made} of ${MAPPINGS} mappings of one buffer`);
    },
  },
  {
    id: 'MAP-18/all-unmapped',
    title: 'a buffer mapped often is freed with the last mapping',
    requirements: ['MAP-18'],
    async run(context) {
      const length = cycleLength(context);
      const fd = context.descriptorIn('cycle');
      const slots = Array.from({ length: 8 }, (_, index) => `mapped-${index}`);
      const flags = MAP_SHARED;
      const body: Operation[] = [
        context.allocationStep('cycle', await context.device(), { length }),
        ...slots.map((slot): Operation => {
          return { op: 'mmap', slot, length, protection: PROT_READ, flags, fd };
        }),
        { op: 'close', fd },
        ...slots.map((slot): Operation => ({ op: 'munmap', address: { slot }, length })),
      ];
      await observeConserved(context, { requirement: 'MAP-18', body, leakBytes: length });
    },
  },
];
