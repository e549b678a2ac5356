import { linux, textOfBytes } from '../../adapters/contract/index.ts';
import { fieldOf, readField } from '../../catalogue/abi-request.ts';
import type { Case } from '../kit/case.ts';
import { bufferWord, stamp, ZERO } from '../kit/contents.ts';
import type { Allocation, CaseContext } from '../kit/context.ts';
import { observeEachChange } from '../kit/each-change.ts';
import { closeAll, fill, fillOnce } from '../kit/filling.ts';
import { Skip } from '../kit/observation.ts';

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
      for (const asked of [1n, page - 1n, page, page + 1n, 3n * page + 7n]) {
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
      for (const asked of [1n, context.page, 3n * context.page + 7n]) {
        const buffer = await context.buffer({ length: asked });
        await observeEverySize(context, buffer);
        await context.release(buffer);
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
    async run(context) {
      const { sizeBytes } = context.region;
      if (sizeBytes === undefined) throw new Skip('the size of the region is not known');
      await context.control();
      const { word } = await context.allocate({ length: sizeBytes });
      context.observe(
        'LEN-07',
        'whole-region',
        word,
        `a request for all ${sizeBytes} bytes: ${word}`,
      );
    },
  },
  {
    id: 'LEN-08/live-buffer',
    title: 'a request that is too large touches no other buffer',
    requirements: ['LEN-08'],
    deadlineMs: 40_000,
    async run(context) {
      const size = 4n * context.page;
      const live = await context.buffer({ length: size });
      await stamp(context, live, size, 0x6b);
      const { sizeBytes = 1n << 40n } = context.region;
      const lengths = context.region.bounded ? [sizeBytes + context.page, 1n << 63n] : [1n << 63n];
      for (const asked of lengths) {
        const tried = await tryHuge(context, `too-large-${asked}`, asked);
        const word = await bufferWord(context, live, size, 0x6b);
        const detail = `after a request for ${asked} bytes (${tried}) the live buffer: ${word}`;
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
      const { pages: before } = await fill(context);
      const { count } = await fillOnce(context, 'single', context.page, SINGLE_PAGES);
      const { pages: beside } = await fill(context);
      await closeAll(context, [{ family: 'single', count }]);
      const cost = before - beside;
      // Real CMA may lack a page or two for a while; the bug to find multiplies the cost.
      const slack = count / 8n;
      const fair = cost <= count + slack && cost >= count - slack;
      const detail = `${count} buffers of one page cost the region ${cost} of its ${before} pages`;
      context.observe('LEN-09', 'cost', fair ? 'one-page' : 'other', detail);
    },
  },
  {
    id: 'LEN-10/tail',
    title: 'the rounded tail is zero',
    requirements: ['LEN-10'],
    async run(context) {
      const { page, subject } = context;
      for (let round = 0; round < TAIL_ROUNDS; round += 1) {
        const dirty = await context.buffer();
        await stamp(context, dirty, page, 0xa5);
        await context.release(dirty);
        const mapping = await context.map(await context.buffer({ length: 1n }), page);
        const tail = { address: mapping, offset: 1n, length: page - 1n, bytes: ZERO };
        const { ok, value, word } = await subject.scan(tail);
        const seen = ok ? (value === page - 1n ? 'zero' : 'residue') : word;
        context.observe(
          'LEN-10',
          'tail',
          seen,
          `bytes 1 to ${page - 1n} of a 1-byte buffer: ${seen}`,
        );
      }
    },
  },
];

/** Pages that are filled, freed and asked for again. */
const TAIL_ROUNDS = 8;

/** Buffers of one page, to see what they cost. */
const SINGLE_PAGES = 256n;

/** Sizes as descriptor, fdinfo and status give them, against lseek's. */
async function observeEverySize(context: CaseContext, buffer: Allocation): Promise<void> {
  const { fd } = buffer;
  const { value: end } = await context.subject.lseek({ fd, offset: 0n, whence: linux.SEEK_END });
  const see = (role: string, size: bigint | undefined): void => {
    const word = size === undefined ? 'absent' : size === end ? 'same' : 'other';
    context.observe('LEN-04', role, word, `lseek(SEEK_END) says ${end}, ${role} says ${size}`);
  };
  if (fieldOf(context.abi, 'length').output === true) {
    see('reported', context.fieldAfter(buffer, 'length'));
  }
  const status = await context.subject.fstat({ fd });
  const size = readField(status.out, { offset: 8, width: 8 });
  // Before Linux 5.3 every dma-buf had the same inode, whose size was 0.
  see('stat', size === 0n ? undefined : size);
  if (!context.facts.capabilities.includes('procfs')) return;
  const { out } = await context.subject.readfile({ document: '/proc/self/fdinfo', fd });
  const line = /^size:\s+(\d+)$/m.exec(textOfBytes(out))?.[1];
  see('fdinfo', line === undefined ? undefined : BigInt(line));
}

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

async function observeSize(context: CaseContext, buffer: Allocation, asked: bigint): Promise<void> {
  const { value: end } = await buffer.client.lseek({
    fd: buffer.fd,
    offset: 0n,
    whence: linux.SEEK_END,
  });
  const smallest = ((asked + context.page - 1n) / context.page) * context.page;
  const word = (size: bigint): string => {
    if (size === smallest) return 'page-multiple';
    return size > smallest && size % context.page === 0n ? 'larger-multiple' : 'other';
  };
  const told = `asked for ${asked} bytes,`;
  const atLeast = end >= asked ? 'at-least' : 'smaller';
  context.observe('LEN-02', 'size', atLeast, `${told} lseek(SEEK_END) says ${end}`);
  context.observe('LEN-03', 'end', word(end), `${told} lseek(SEEK_END) says ${end}`);
  if (fieldOf(context.abi, 'length').output === true) {
    const reported = context.fieldAfter(buffer, 'length');
    context.observe(
      'LEN-03',
      'reported',
      word(reported),
      `${told} length came back as ${reported}`,
    );
  }
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
