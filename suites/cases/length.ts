import { linux } from '../../adapters/contract/index.ts';
import { fieldOf, readField } from '../../catalogue/abi-request.ts';
import { type Case, Skip } from '../kit/case.ts';
import { bufferWord, stamp, ZERO } from '../kit/contents.ts';
import type { Allocation, Bench } from '../kit/context.ts';
import { closeAll, fill, fillOnce } from '../kit/free-memory.ts';
import { observeChanges } from '../kit/one-change.ts';

/** Group E: length, rounding, limits. */
export const length: readonly Case[] = [
  {
    id: 'LEN-01/zero',
    title: 'length 0 is refused',
    requirements: ['LEN-01'],
    run: (bench) =>
      observeChanges(bench, 'LEN-01', 'zero', [{ name: 'length 0', fields: { length: 0n } }]),
  },
  {
    id: 'LEN-02/page-boundaries',
    title: 'sizes around page boundaries',
    requirements: ['LEN-02', 'LEN-03'],
    async run(bench) {
      const { page } = bench;
      for (const asked of [1n, page - 1n, page, page + 1n, 3n * page + 7n]) {
        const buffer = await bench.buffer({ length: asked });
        await observeSize(bench, buffer, asked);
        await bench.release(buffer);
      }
    },
  },
  {
    id: 'LEN-04/every-way',
    title: 'the size is the same however it is asked for',
    requirements: ['LEN-04'],
    async run(bench) {
      for (const asked of [1n, bench.page, 3n * bench.page + 7n]) {
        const buffer = await bench.buffer({ length: asked });
        await observeEverySize(bench, buffer);
        await bench.release(buffer);
      }
    },
  },
  {
    id: 'LEN-05/wraps',
    title: 'lengths that wrap when rounded fail',
    requirements: ['LEN-05'],
    async run(bench) {
      const top = 1n << 64n;
      await observeChanges(
        bench,
        'LEN-05',
        'wraps',
        [top - 1n, top - bench.page + 1n].map((asked) => ({
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
    async run(bench) {
      await bench.control();
      await observeHuge(bench, 'LEN-05', 'truncates', (1n << 32n) + bench.page);
      await observeHuge(bench, 'LEN-05', 'half', 1n << 63n);
    },
  },
  {
    id: 'LEN-06/larger-than-region',
    title: 'one page more than the region is refused',
    requirements: ['LEN-06'],
    needsBounded: true,
    async run(bench) {
      const { sizeBytes } = bench.region;
      if (sizeBytes === undefined) throw new Skip('the size of the region is not known');
      const asked = sizeBytes + bench.page;
      const changes = [{ name: `length ${asked}`, fields: { length: asked } }];
      await observeChanges(bench, 'LEN-06', 'too-large', changes);
    },
  },
  {
    id: 'LEN-07/whole-region',
    title: 'an idle region can be had as a whole',
    requirements: ['LEN-07'],
    needsBounded: true,
    async run(bench) {
      const { sizeBytes } = bench.region;
      if (sizeBytes === undefined) throw new Skip('the size of the region is not known');
      await bench.control();
      const { word } = await bench.allocate({ length: sizeBytes });
      bench.observe(
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
    async run(bench) {
      const size = 4n * bench.page;
      const live = await bench.buffer({ length: size });
      await stamp(bench, live, size, 0x6b);
      const { sizeBytes = 1n << 40n } = bench.region;
      const lengths = bench.region.bounded ? [sizeBytes + bench.page, 1n << 63n] : [1n << 63n];
      for (const asked of lengths) {
        const tried = await tryHuge(bench, `too-large-${asked}`, asked);
        const word = await bufferWord(bench, live, size, 0x6b);
        const detail = `after a request for ${asked} bytes (${tried}) the live buffer: ${word}`;
        bench.observe('LEN-08', 'live-buffer', word, detail);
      }
    },
  },
  {
    id: 'LEN-09/page-cost',
    title: 'one page costs one page',
    requirements: ['LEN-09'],
    needsBounded: true,
    async run(bench) {
      const { pages: before } = await fill(bench);
      const { count } = await fillOnce(bench, 'single', bench.page, SINGLE_PAGES);
      const { pages: beside } = await fill(bench);
      await closeAll(bench, [{ family: 'single', count }]);
      const cost = before - beside;
      // Real CMA may lack a page or two for a while; the bug to find multiplies the cost.
      const slack = count / 8n;
      const fair = cost <= count + slack && cost >= count - slack;
      const detail = `${count} buffers of one page cost the region ${cost} of its ${before} pages`;
      bench.observe('LEN-09', 'cost', fair ? 'one-page' : 'other', detail);
    },
  },
  {
    id: 'LEN-10/tail',
    title: 'the rounded tail is zero',
    requirements: ['LEN-10'],
    async run(bench) {
      const { page, subject } = bench;
      for (let round = 0; round < TAIL_ROUNDS; round += 1) {
        const dirty = await bench.buffer();
        await stamp(bench, dirty, page, 0xa5);
        await bench.release(dirty);
        const mapping = await bench.map(await bench.buffer({ length: 1n }), page);
        const tail = { address: mapping, offset: 1n, length: page - 1n, bytes: ZERO };
        const { ok, value, word } = await subject.scan(tail);
        const seen = ok ? (value === page - 1n ? 'zero' : 'residue') : word;
        bench.observe(
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
async function observeEverySize(bench: Bench, buffer: Allocation): Promise<void> {
  const { fd } = buffer;
  const { value: end } = await bench.subject.lseek({ fd, offset: 0n, whence: linux.SEEK_END });
  const see = (role: string, size: bigint | undefined): void => {
    const word = size === undefined ? 'absent' : size === end ? 'same' : 'other';
    bench.observe('LEN-04', role, word, `lseek(SEEK_END) says ${end}, ${role} says ${size}`);
  };
  if (fieldOf(bench.abi, 'length').output === true) {
    see('reported', bench.fieldAfter(buffer, 'length'));
  }
  const status = await bench.subject.fstat({ fd });
  const size = readField(status.out, { offset: 8, width: 8 });
  // Before Linux 5.3 every dma-buf had the same inode, whose size was 0.
  see('stat', size === 0n ? undefined : size);
  if (!bench.facts.capabilities.includes('procfs')) return;
  const { out } = await bench.subject.readfile({ document: '/proc/self/fdinfo', fd });
  const line = /^size:\s+(\d+)$/m.exec(new TextDecoder().decode(out))?.[1];
  see('fdinfo', line === undefined ? undefined : BigInt(line));
}

/** Asks for too much in a client that the OOM killer may take; what came of it, in one word. */
async function tryHuge(bench: Bench, name: string, length: bigint): Promise<string> {
  const device = await bench.device();
  await bench.subject.fork({ client: name, sacrificial: 1n });
  const client = bench.sacrificialClient(name);
  const { word } = await bench.allocate({ length }, { client, device });
  await bench.subject.kill({ client: name, signal: linux.SIGKILL });
  await bench.subject.wait({ client: name });
  return word;
}

async function observeSize(bench: Bench, buffer: Allocation, asked: bigint): Promise<void> {
  const { value: end } = await buffer.client.lseek({
    fd: buffer.fd,
    offset: 0n,
    whence: linux.SEEK_END,
  });
  const smallest = ((asked + bench.page - 1n) / bench.page) * bench.page;
  const word = (size: bigint): string => {
    if (size === smallest) return 'page-multiple';
    return size > smallest && size % bench.page === 0n ? 'larger-multiple' : 'other';
  };
  const told = `asked for ${asked} bytes,`;
  const atLeast = end >= asked ? 'at-least' : 'smaller';
  bench.observe('LEN-02', 'size', atLeast, `${told} lseek(SEEK_END) says ${end}`);
  bench.observe('LEN-03', 'end', word(end), `${told} lseek(SEEK_END) says ${end}`);
  if (fieldOf(bench.abi, 'length').output === true) {
    const reported = bench.fieldAfter(buffer, 'length');
    bench.observe('LEN-03', 'reported', word(reported), `${told} length came back as ${reported}`);
  }
}

/** Asks in a client of its own: where memory is unbounded, the OOM killer may be the answer. */
export async function observeHuge(
  bench: Bench,
  requirement: string,
  role: string,
  asked: bigint,
): Promise<void> {
  const name = `huge-${role}`;
  const device = await bench.device();
  await bench.subject.fork({ client: name, sacrificial: 1n });
  const client = bench.sacrificialClient(name);
  const buffer = await bench.allocate({ length: asked }, { client, device });
  let word = buffer.word;
  if (buffer.reply.ok) {
    const end = await client.lseek({ fd: buffer.fd, offset: 0n, whence: linux.SEEK_END });
    if (end.value < asked) word = 'smaller-buffer';
  }
  bench.observe(requirement, role, word, `a request for 0x${asked.toString(16)} bytes: ${word}`);
  await bench.subject.kill({ client: name, signal: linux.SIGKILL });
  await bench.subject.wait({ client: name });
}
