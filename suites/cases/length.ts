import { linux } from '../../adapters/contract/index.ts';
import { observeEverySize, observeSize, sizeInFdinfo, sizeWord } from '../kit/buffer-size.ts';
import type { Case } from '../kit/case.ts';
import { stamp, ZERO } from '../kit/contents.ts';
import type { CaseContext } from '../kit/context.ts';
import { Crowd, mixedSizes } from '../kit/crowd.ts';
import { observeEachChange } from '../kit/each-change.ts';
import { Skip } from '../kit/observation.ts';
import { costOf } from '../kit/page-cost.ts';
import { requireAll } from '../kit/require-all.ts';
import { lengthPast4GiB, sizeClasses } from '../kit/sizes.ts';
import { askSeveralTimes } from '../kit/tries.ts';

/** Cases of group `length`: length, rounding, limits. */
export const lengthCases: readonly Case[] = [
  {
    id: 'LEN-01/zero',
    title: 'length 0 is refused',
    requirements: ['LEN-01'],
    run: (context) =>
      observeEachChange(context, 'LEN-01', 'zero', [{ name: 'length 0', fields: { length: 0n } }]),
  },
  {
    id: 'LEN-02/page-boundaries',
    title: 'sizes around page boundaries',
    requirements: ['LEN-02', 'LEN-03'],
    async run(context) {
      const { page } = context;
      const around = sizeClasses(context).flatMap((size) => [size - page + 1n, size - 1n, size]);
      for (const asked of new Set([1n, page - 1n, page, page + 1n, 3n * page + 7n, ...around])) {
        const buffer = await context.buffer({ length: asked });
        await observeSize(context, buffer, asked);
        await context.release(buffer);
      }
    },
  },
  {
    id: 'LEN-04/every-way',
    title: 'the size is the same however it is asked for',
    requirements: ['LEN-04'],
    async run(context) {
      for (const asked of [1n, 3n * context.page + 7n, ...sizeClasses(context)]) {
        const buffer = await context.buffer({ length: asked });
        await observeEverySize(context, buffer);
        await context.release(buffer);
      }
    },
  },
  {
    id: 'LEN-03/past-4-gib',
    title: 'a length past 4 GiB is had, and told, in full',
    requirements: ['LEN-02', 'LEN-03', 'LEN-04'],
    needsBounded: true,
    deadlineMs: 120_000,
    skipsWithout: ['large-region'],
    async run(context) {
      const length = lengthPast4GiB(context);
      if (length === undefined) throw new Skip('the region holds no buffer past 4 GiB');
      const buffer = await context.buffer({ length: length - 7n });
      await observeSize(context, buffer, length - 7n);
      await observeEverySize(context, buffer);
      await context.release(buffer);
    },
  },
  {
    id: 'LEN-03/many',
    title: 'the size of each of hundreds of buffers',
    requirements: ['LEN-02', 'LEN-03'],
    async run(context) {
      const crowd = new Crowd(context, mixedSizes(context));
      await crowd.gather();
      const ends = await crowd.each(crowd.members, ({ fd }) => [
        { op: 'lseek', fd, offset: 0n, whence: linux.SEEK_END },
      ]);
      requireAll(ends, 'lseek(SEEK_END)');
      const sizes = ends.map(({ value }) => value);
      for (const [index, { length }] of crowd.members.entries()) {
        const size = sizes[index] ?? -1n;
        const detail = `buffer ${index} of ${sizes.length}, of ${length} bytes: SEEK_END ${size}`;
        context.observe('LEN-02', 'size', size >= length ? 'at-least' : 'smaller', detail);
        context.observe('LEN-03', 'end', sizeWord(context, size, length), detail);
      }
    },
  },
  {
    id: 'LEN-04/many',
    title: 'fdinfo shows the size of each of hundreds of buffers',
    requirements: ['LEN-04'],
    needs: ['procfs'],
    async run(context) {
      const crowd = new Crowd(context, mixedSizes(context));
      await crowd.gather();
      const answers = await crowd.each(crowd.members, ({ fd }) => [
        { op: 'lseek', fd, offset: 0n, whence: linux.SEEK_END },
        { op: 'readfile', document: '/proc/self/fdinfo', fd },
      ]);
      requireAll(answers, 'lseek(SEEK_END) or a look at fdinfo');
      for (const index of crowd.members.keys()) {
        const end = answers[index * 2]?.value;
        const line = sizeInFdinfo(answers[index * 2 + 1]?.out ?? new Uint8Array(0));
        const word = line === undefined ? 'absent' : line === end ? 'same' : 'other';
        const detail = `buffer ${index}: lseek(SEEK_END) says ${end}, fdinfo says ${line}`;
        context.observe('LEN-04', 'fdinfo', word, detail);
      }
    },
  },
  {
    id: 'LEN-05/wraps',
    title: 'lengths that wrap when rounded fail',
    requirements: ['LEN-05'],
    async run(context) {
      const top = 1n << 64n;
      await observeEachChange(
        context,
        'LEN-05',
        'wraps',
        [top - 1n, top - context.page + 1n].map((asked) => ({
          name: `length 0x${asked.toString(16)}`,
          fields: { length: asked },
        })),
      );
    },
  },
  {
    id: 'LEN-05/huge',
    title: 'lengths beyond any region never yield a smaller buffer',
    requirements: ['LEN-05'],
    deadlineMs: 40_000,
    async run(context) {
      await context.control();
      await observeHuge(context, 'LEN-05', 'truncates', (1n << 32n) + context.page);
      await observeHuge(context, 'LEN-05', 'half', 1n << 63n);
    },
  },
  {
    id: 'LEN-06/larger-than-region',
    title: 'one page more than the region is refused',
    requirements: ['LEN-06'],
    needsBounded: true,
    skipsWithout: ['region-size'],
    async run(context) {
      const { sizeBytes } = context.region;
      if (sizeBytes === undefined) throw new Skip('the size of the region is not known');
      const asked = sizeBytes + context.page;
      const changes = [{ name: `length ${asked}`, fields: { length: asked } }];
      await observeEachChange(context, 'LEN-06', 'too-large', changes);
    },
  },
  {
    id: 'LEN-07/whole-region',
    title: 'an idle region can be had as a whole',
    requirements: ['LEN-07'],
    needsBounded: true,
    skipsWithout: ['region-size', 'idle'],
    async run(context) {
      const { sizeBytes } = context.region;
      if (sizeBytes === undefined) throw new Skip('the size of the region is not known');
      const used = context.facts.details[`${context.region.name} used`] ?? '0';
      if (used !== '0') throw new Skip(`the region is not idle: others have ${used} of its pages`);
      await context.control();
      const { word, tries } = await askSeveralTimes(context, sizeBytes);
      const detail = `a request for all ${sizeBytes} bytes: ${word} at try ${tries}`;
      context.observe('LEN-07', 'whole-region', word, detail);
    },
  },
  {
    id: 'LEN-08/live-buffer',
    title: 'a request that is too large touches no other buffer',
    requirements: ['LEN-08'],
    deadlineMs: 40_000,
    async run(context) {
      const crowd = new Crowd(context, mixedSizes(context));
      await crowd.gather();
      await crowd.stamp();
      const { sizeBytes = 1n << 40n } = context.region;
      const lengths = context.region.bounded ? [sizeBytes + context.page, 1n << 63n] : [1n << 63n];
      for (const asked of lengths) {
        const tried = await tryHuge(context, `too-large-${asked}`, asked);
        const after = `after a request for ${asked} bytes (${tried})`;
        const { word, detail } = await crowd.verify(after);
        context.observe('LEN-08', 'live-buffer', word, detail);
      }
    },
  },
  {
    id: 'LEN-09/page-cost',
    title: 'one page costs one page',
    requirements: ['LEN-09'],
    needsBounded: true,
    async run(context) {
      const word = await costOf(context, [context.page]);
      context.observe('LEN-09', 'cost', word.exact ? 'one-page' : 'other', word.detail);
    },
  },
  {
    id: 'LEN-09/mixed-cost',
    title: 'buffers of several sizes cost the pages that they have',
    requirements: ['LEN-09'],
    needsBounded: true,
    async run(context) {
      const { exact, more, detail } = await costOf(context, mixedSizes(context));
      const word = exact ? 'own-pages' : more ? 'more' : 'fewer';
      context.observe('LEN-09', 'mixed', word, detail);
    },
  },
  {
    id: 'LEN-10/tail',
    title: 'the rounded tail is zero',
    requirements: ['LEN-10'],
    async run(context) {
      const { page, subject } = context;
      const ones = Array.from({ length: TAIL_ROUNDS }, () => page);
      for (const size of [...ones, ...sizeClasses(context)]) {
        const dirty = await context.buffer({ length: size });
        await stamp(context, dirty, size, 0xa5);
        await context.release(dirty);
        const asked = size - page + 1n;
        const buffer = await context.buffer({ length: asked });
        const mapping = await context.map(buffer, size);
        const tail = { address: mapping, offset: asked, length: page - 1n, bytes: ZERO };
        const { ok, value, word } = await subject.scan(tail);
        const seen = ok ? (value === page - 1n ? 'zero' : 'residue') : word;
        const detail = `the last ${page - 1n} bytes of a buffer of ${asked}: ${seen}`;
        context.observe('LEN-10', 'tail', seen, detail);
        await subject.munmap({ address: mapping, length: size });
        if (size > page) await context.release(buffer);
      }
    },
  },
];

/** Pages that are filled, freed and asked for again. */
const TAIL_ROUNDS = 8;

/** Asks for too much in a client that the OOM killer may take; returns the outcome, in one word. */
async function tryHuge(context: CaseContext, name: string, length: bigint): Promise<string> {
  const device = await context.device();
  await context.subject.fork({ client: name, sacrificial: 1n });
  const client = context.sacrificialClient(name);
  const { word } = await context.allocate({ length }, { client, device });
  await context.subject.kill({ client: name, signal: linux.SIGKILL });
  await context.subject.wait({ client: name });
  return word;
}

/** Asks in a client of its own: where memory is unbounded, the OOM killer may be the answer. */
export async function observeHuge(
  context: CaseContext,
  requirement: string,
  role: string,
  asked: bigint,
): Promise<void> {
  const name = `huge-${role}`;
  const device = await context.device();
  await context.subject.fork({ client: name, sacrificial: 1n });
  const client = context.sacrificialClient(name);
  const buffer = await context.allocate({ length: asked }, { client, device });
  let word = buffer.word;
  if (buffer.reply.ok) {
    const end = await client.lseek({ fd: buffer.fd, offset: 0n, whence: linux.SEEK_END });
    if (end.value < asked) word = 'smaller-buffer';
  }
  context.observe(requirement, role, word, `a request for 0x${asked.toString(16)} bytes: ${word}`);
  await context.subject.kill({ client: name, signal: linux.SIGKILL });
  await context.subject.wait({ client: name });
}
