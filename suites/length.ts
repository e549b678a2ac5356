import { linux } from '../adapters/contract/index.ts';
import type { Allocation, Bench } from './bench.ts';
import { type Case, Skip } from './case.ts';
import { stamp, ZERO } from './contents.ts';
import { observeChanges } from './refuse.ts';
import { fieldOf } from './request.ts';

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
      await observeHuge(bench, 'truncates', (1n << 32n) + bench.page);
      await observeHuge(bench, 'half', 1n << 63n);
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
async function observeHuge(bench: Bench, role: string, asked: bigint): Promise<void> {
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
  bench.observe('LEN-05', role, word, `a request for 0x${asked.toString(16)} bytes: ${word}`);
  await bench.subject.kill({ client: name, signal: SIGKILL });
  await bench.subject.wait({ client: name });
}

const SIGKILL = 9n;
