import { linux, type Operation, outcomePhrase } from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import { bufferWord, contentsWord, fillWhole, overwriteNewBuffers } from '../../kit/contents.ts';
import { SUBJECT } from '../../kit/context.ts';
import { Crowd, mixedSizes } from '../../kit/crowd.ts';
import { sync } from '../../kit/dma-buf-sync.ts';
import { observeConserved } from '../../kit/free-memory.ts';
import { Inconclusive, Skip } from '../../kit/observation.ts';
import { cycleLength, fewSizes, lengthPast4GiB, sizeClasses } from '../../kit/sizes.ts';
import {
  observePages,
  observeParts,
  observeUntilFull,
  observeWhole,
  offsetsUpTo,
} from './parts.ts';

const { MAP_LOCKED, MAP_NORESERVE, MAP_POPULATE, MAP_SHARED, PROT_READ, PROT_WRITE } = linux;

/** Buffers into which a whole region is cut. */
const REGION_BUFFERS = 128n;
/** Mappings of one buffer at the same time. */
const MAPPINGS = 4096n;

/** The contents that a mapping of a buffer shows. */
export const mappingContentsCases: readonly Case[] = [
  {
    id: 'MAP-01/whole',
    title: 'a buffer can be mapped and used over its whole size',
    requirements: ['MAP-01'],
    async run(context) {
      for (const length of sizeClasses(context)) {
        const buffer = await context.buffer({ length });
        await observeWhole(context, buffer, length);
        await context.release(buffer);
      }
    },
  },
  {
    id: 'MAP-01/whole-region',
    title: 'every buffer of a full region can be mapped and used',
    requirements: ['MAP-01'],
    needsBounded: true,
    deadlineMs: 120_000,
    skipsWithout: ['region-size'],
    async run(context) {
      const { sizeBytes } = context.region;
      if (sizeBytes === undefined) throw new Skip('the size of the region is not known');
      const pages = sizeBytes / REGION_BUFFERS / context.page;
      const sizes = [pages < 1n ? 1n : pages, 1n].map((count) => count * context.page);
      for (const [index, length] of sizes.entries()) {
        await observeUntilFull(context, `part-${index}`, length);
      }
    },
  },
  {
    id: 'MAP-01/many',
    title: 'each of hundreds of buffers can be mapped',
    requirements: ['MAP-01'],
    async run(context) {
      const { mapped, members } = await new Crowd(context, mixedSizes(context)).gather();
      const detail = `mmap of new buffers, ${members.length} alive: ${mapped}`;
      context.observe('MAP-01', 'map', mapped, detail);
    },
  },
  {
    id: 'MAP-02/two-mappings',
    title: 'all mappings show the same memory',
    requirements: ['MAP-02'],
    needs: ['clients'],
    async run(context) {
      for (const length of fewSizes(context)) {
        const buffer = await context.buffer({ length });
        const one = await context.map(buffer, length);
        const other = await context.map(buffer, length);
        const heir = { ...buffer, client: context.client(`heir-${length}`) };
        await context.subject.fork({ client: heir.client.clientName });
        const theirs = await context.map(heir, length, PROT_READ);
        await sync(context.subject, buffer.fd, 'write', 'start');
        await fillWhole(context.subject, one, length, 0x4d);
        await sync(context.subject, buffer.fd, 'write', 'end');
        for (const [role, client, address] of [
          ['same-process', context.subject, other],
          ['other-process', heir.client, theirs],
        ] as const) {
          await sync(client, buffer.fd, 'read', 'start');
          const word = await contentsWord(client, address, length, 0x4d);
          await sync(client, buffer.fd, 'read', 'end');
          const detail = `another mapping of ${length} bytes of the ${role}: ${word}`;
          context.observe('MAP-02', role, word, detail);
        }
      }
    },
  },
  {
    id: 'MAP-08/offset',
    title: 'a page offset shows that page and those behind it',
    requirements: ['MAP-08'],
    async run(context) {
      for (const length of sizeClasses(context)) {
        const buffer = await context.buffer({ length });
        const last = length / context.page - 1n;
        await observeParts(context, buffer, length, offsetsUpTo(last));
        await context.release(buffer);
      }
    },
  },
  {
    id: 'MAP-08/past-4-gib',
    title: 'a page offset past 4 GiB shows that page',
    requirements: ['MAP-08'],
    needsBounded: true,
    deadlineMs: 120_000,
    skipsWithout: ['large-region'],
    async run(context) {
      const length = lengthPast4GiB(context);
      if (length === undefined) throw new Skip('the region holds no buffer past 4 GiB');
      const buffer = await context.buffer({ length });
      const beyond = (1n << 32n) / context.page;
      const offsets = [0n, 1n, 257n, beyond / 2n, beyond - 1n, beyond, beyond + 1n, beyond + 2n];
      await observePages(context, buffer, offsets);
    },
  },
  {
    id: 'MAP-12/all-closed',
    title: 'a mapping needs neither buffer nor device open',
    requirements: ['MAP-12'],
    async run(context) {
      const { subject } = context;
      for (const length of fewSizes(context)) {
        const device = await context.openDevice(subject);
        const buffer = await context.buffer({ length }, { device: { slot: device.slot } });
        const address = await context.map(buffer, length);
        await fillWhole(subject, address, length, 0x6e);
        await subject.close({ fd: device });
        await context.release(buffer);
        await overwriteNewBuffers(context, length);
        const word = await contentsWord(subject, address, length, 0x6e);
        const detail = `a mapping of ${length} bytes after both were closed: ${word}`;
        context.observe('MAP-12', 'pattern', word, detail);
      }
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
        context.observe('MAP-14', 'map', address.word, `${name} ${outcomePhrase(address.word)}`);
        if (!address.ok) continue;
        await fillWhole(subject, address, page, 0x7f);
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
      for (const length of fewSizes(context)) {
        const buffer = await context.buffer({ length });
        const address = await context.map(buffer, length);
        const heir = context.client(`heir-${length}`);
        await context.subject.fork({ client: heir.clientName });
        await fillWhole(heir, address, length, 0x38);
        const word = await contentsWord(context.subject, address, length, 0x38);
        const detail = `what the child wrote to ${length} bytes, read by its parent: ${word}`;
        context.observe('MAP-15', 'pattern', word, detail);
      }
    },
  },
  {
    id: 'MAP-16/peek',
    title: 'reading a mapping from another process is refused at most',
    requirements: ['MAP-16'],
    needs: ['clients'],
    async run(context) {
      const { page, subject } = context;
      const buffer = await context.buffer();
      const address = await context.map(buffer, page);
      await fillWhole(subject, address, page, 0x29);
      await subject.fork({ client: 'watcher' });
      const watcher = context.client('watcher');
      const seen = await watcher.peek({ client: SUBJECT, address, length: page });
      const whole = BigInt(seen.out.length) === page && seen.out.every((byte) => byte === 0x29);
      const right = whole ? 'own-bytes' : 'other-bytes';
      const word = seen.ok ? right : seen.word;
      context.observe(
        'MAP-16',
        'peek',
        word,
        `process_vm_readv of a mapping ${outcomePhrase(word)}`,
      );
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
