import { outcomePhrase as ended, linux, textOfBytes } from '../../../adapters/contract/index.ts';
import { fieldOf, readField } from '../../../catalogue/abi-request.ts';
import type { Case } from '../../kit/case.ts';
import {
  bufferWord,
  contentsWord,
  fillWhole,
  overwriteNewBuffers,
  stamp,
} from '../../kit/contents.ts';
import type { CaseContext } from '../../kit/context.ts';
import { mixedSizes } from '../../kit/crowd.ts';
import { syncFlags } from '../../kit/dma-buf-sync.ts';
import { fillOnce } from '../../kit/filling.ts';
import { observeConserved } from '../../kit/free-memory.ts';
import { Inconclusive } from '../../kit/observation.ts';
import { throughPhases } from '../../kit/phases.ts';
import { nextDescriptor } from '../../kit/race.ts';
import { cycleLength, fewSizes } from '../../kit/sizes.ts';

const { DMA_BUF_SYNC_END, DMA_BUF_SYNC_READ, DMA_BUF_SYNC_RW, DMA_BUF_SYNC_WRITE } = linux;
const { O_CLOEXEC, O_RDWR, SEEK_CUR, SEEK_END, SEEK_SET } = linux;

/** The kind of file that a new descriptor refers to. */
export const fileCases: readonly Case[] = [
  {
    id: 'FD-01/lowest',
    title: 'the lowest free descriptor is given',
    requirements: ['FD-01'],
    async run(context) {
      const lowest = await context.subject.dup({ fd: await context.device() });
      await context.subject.close({ fd: lowest });
      const { reply } = await context.buffer();
      const got = readField(reply.out, fieldOf(context.abi, 'descriptor'));
      const word = got === lowest.value ? 'lowest' : 'other';
      context.observe('FD-01', 'number', word, `descriptor ${got}; ${lowest.value} was lowest`);
    },
  },
  {
    id: 'FD-01/many',
    title: 'each of many descriptors is the lowest that was free',
    requirements: ['FD-01'],
    async run(context) {
      const first = await nextDescriptor(context);
      const { count } = await fillOnce(context, 'many', context.page, DESCRIPTORS);
      if (count === 0n) throw new Inconclusive('blocked: the region gave out no buffer');
      const next = await nextDescriptor(context);
      const word = next === first + count ? 'lowest' : 'other';
      const detail = `${count} buffers from descriptor ${first} on; then ${next} was lowest`;
      context.observe('FD-01', 'number', word, detail);
    },
  },
  {
    id: 'FD-02/sync',
    title: 'the descriptor answers as a dma-buf',
    requirements: ['FD-02'],
    async run(context) {
      const { fd } = await context.buffer();
      const none = (await syncFlags(context.subject, fd, 0n)).word;
      context.observe('FD-02', 'no-flags', none, `DMA_BUF_IOCTL_SYNC with flags 0 ${ended(none)}`);
      for (const flags of [DMA_BUF_SYNC_RW, DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END]) {
        const { word } = await syncFlags(context.subject, fd, flags);
        context.observe('FD-02', 'bracket', word, `DMA_BUF_IOCTL_SYNC ${flags} ${ended(word)}`);
      }
    },
  },
  {
    id: 'FD-03/dup',
    title: 'duplicates share the buffer',
    requirements: ['FD-03'],
    async run(context) {
      const { page, subject } = context;
      const buffer = await context.buffer();
      await fillWhole(subject, await context.map(buffer, page), page, 0x3c);
      const copy = await subject.dup({ fd: buffer.fd });
      const seen = await context.map({ ...buffer, fd: { slot: copy.slot } }, page);
      const word = await contentsWord(subject, seen, page, 0x3c);
      const shared = word === 'own-bytes' ? 'same-bytes' : word;
      context.observe('FD-03', 'duplicate', shared, `the pattern through a dup: ${shared}`);
    },
  },
  {
    id: 'FD-04/fork',
    title: 'parent and child share a buffer, whichever closes first',
    requirements: ['FD-04'],
    needs: ['clients'],
    async run(context) {
      for (const length of fewSizes(context)) {
        for (const [role, closer, byte] of [
          ['child-closed', 'child', 0x1d],
          ['parent-closed', 'parent', 0x2e],
        ] as const) {
          const buffer = await context.buffer({ length });
          const client = context.client(`heir-${role}-${length}`);
          await context.subject.fork({ client: client.clientName });
          const heir = { ...buffer, client };
          const [closing, keeping] = closer === 'child' ? [heir, buffer] : [buffer, heir];
          await stamp(context, closing, length, byte);
          await context.release(closing);
          await overwriteNewBuffers(context, length);
          const word = await bufferWord(context, keeping, length, byte);
          const detail = `the ${closer} wrote ${length} bytes and closed; then: ${word}`;
          context.observe('FD-04', role, word, detail);
        }
      }
    },
  },
  {
    id: 'FD-05/socket',
    title: 'a buffer can be sent to another process',
    requirements: ['FD-05'],
    needs: ['clients', 'sockets'],
    async run(context) {
      const { page, subject } = context;
      const ends = await subject.socketpair({});
      await subject.fork({ client: 'receiver' });
      const receiver = context.client('receiver');
      const buffer = await context.buffer();
      await stamp(context, buffer, page, 0x3f);
      const sent = await subject.sendfd({ fd: ends.field(0, 4), passed: buffer.fd });
      if (!sent.ok) throw new Inconclusive(`blocked: sendmsg failed with ${sent.word}`);
      await context.release(buffer);
      await overwriteNewBuffers(context);
      const got = await receiver.recvfd({ fd: ends.field(4, 4) });
      if (!got.ok) throw new Inconclusive(`blocked: recvmsg failed with ${got.word}`);
      const fd = { slot: got.slot };
      const word = await bufferWord(context, { ...buffer, client: receiver, fd }, page, 0x3f);
      context.observe('FD-05', 'received', word, `the buffer at its receiver: ${word}`);
    },
  },
  {
    id: 'FD-06/exec',
    title: 'exec closes a buffer that asked for it',
    requirements: ['FD-06'],
    needs: ['clients'],
    async run(context) {
      await context.device();
      for (const [role, value] of [
        ['asked', O_RDWR | O_CLOEXEC],
        ['not-asked', O_RDWR],
      ] as const) {
        const buffer = await context.buffer({ flags: value });
        const client = context.client(`program-${role}`);
        await context.subject.fork({ client: client.clientName });
        await client.exec({});
        const { ok, word } = await client.fcntl({ fd: buffer.fd, command: linux.F_GETFD });
        const seen = ok ? 'open' : word === 'EBADF' ? 'closed' : word;
        context.observe('FD-06', role, seen, `O_CLOEXEC ${role}: after exec it is ${seen}`);
        await context.release(buffer);
      }
    },
  },
  {
    id: 'FD-06/exec-frees',
    title: 'exec frees the buffers that it closes',
    requirements: ['FD-06'],
    needs: ['clients'],
    async run(context) {
      const length = cycleLength(context);
      const device = await context.device();
      await context.subject.fork({ client: 'program' });
      await observeConserved(context, {
        requirement: 'FD-06',
        client: 'program',
        body: [context.allocationStep('left', device, { length }), { op: 'exec' }],
        leakBytes: length,
        cycles: EXECS,
      });
    },
  },
  {
    id: 'FD-07/read-write',
    title: 'a buffer is not read, written or truncated like a file',
    requirements: ['FD-07'],
    async run(context) {
      const { fd } = await context.buffer();
      const { subject } = context;
      for (const [role, { word }] of [
        ['read', await subject.pread({ fd, length: 16n })],
        ['write', await subject.pwrite({ fd, bytes: new Uint8Array(16) })],
        ['truncate', await subject.ftruncate({ fd, length: 0n })],
      ] as const) {
        context.observe('FD-07', role, word, `${role} on a buffer ${ended(word)}`);
      }
    },
  },
  {
    id: 'FD-08/lseek',
    title: 'lseek reports the size and nothing else',
    requirements: ['FD-08'],
    async run(context) {
      const { page } = context;
      const { fd } = await context.buffer();
      for (const [role, whence, right, name] of [
        ['size', SEEK_END, page, 'size'],
        ['rewind', SEEK_SET, 0n, 'start'],
      ] as const) {
        const { ok, value, word } = await context.subject.lseek({ fd, offset: 0n, whence });
        const seen = ok && value === right ? name : ok ? `position ${value}` : word;
        context.observe('FD-08', role, seen, `lseek(0, whence ${whence}) ${ended(seen)}`);
      }
      for (const [offset, whence] of [
        [-1n, SEEK_END],
        [1n, SEEK_END],
        [1n, SEEK_SET],
        [page, SEEK_SET],
        [0n, SEEK_CUR],
      ] as const) {
        const { word } = await context.subject.lseek({ fd, offset, whence });
        context.observe('FD-08', 'bad', word, `lseek(${offset}, whence ${whence}) ${ended(word)}`);
      }
    },
  },
  {
    id: 'FD-09/poll',
    title: 'an unused buffer is ready at once',
    requirements: ['FD-09'],
    async run(context) {
      const { fd } = await context.buffer();
      const both = linux.POLLIN | linux.POLLOUT;
      const { ok, value, word } = await context.subject.poll({ fd, events: both });
      const seen = ok ? (value === both ? 'both' : `events ${value}`) : word;
      context.observe('FD-09', 'poll', seen, `poll without waiting ${ended(seen)}`);
    },
  },
  {
    id: 'FD-10/sync',
    title: 'SYNC takes a direction and nothing unknown',
    requirements: ['FD-10'],
    async run(context) {
      const { fd } = await context.buffer();
      const starts = [DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE, DMA_BUF_SYNC_RW];
      const valid = starts.flatMap((start) => [start, start | DMA_BUF_SYNC_END]);
      for (const [role, values] of [
        ['valid', valid],
        ['invalid', [0n, DMA_BUF_SYNC_END, DMA_BUF_SYNC_RW | 8n, -1n]],
      ] as const) {
        for (const value of values) {
          const { word } = await syncFlags(context.subject, fd, value);
          context.observe('FD-10', role, word, `DMA_BUF_IOCTL_SYNC ${value} ${ended(word)}`);
        }
      }
      const request = linux.DMA_BUF_IOCTL_SYNC;
      const argument = { bytes: new Uint8Array(8), placement: { kind: 'unmapped' } } as const;
      const { word } = await context.subject.ioctl({ fd, request, argument });
      const detail = `DMA_BUF_IOCTL_SYNC with a pointer to no memory ${ended(word)}`;
      context.observe('FD-10', 'pointer', word, detail);
    },
  },
  {
    id: 'FD-11/distinct',
    title: 'hundreds of buffers of one page share nothing, whatever is freed between',
    requirements: ['FD-11'],
    run: (context) => observeDistinct(context, [context.page]),
  },
  {
    id: 'FD-11/mixed-sizes',
    title: 'hundreds of buffers of several sizes share nothing, whatever is freed between',
    requirements: ['FD-11'],
    run: (context) => observeDistinct(context, mixedSizes(context)),
  },
  {
    id: 'FD-12/name',
    title: 'a buffer takes a name of 31 bytes',
    requirements: ['FD-12'],
    needs: ['procfs'],
    async run(context) {
      const { fd } = await context.buffer();
      const request = linux.DMA_BUF_SET_NAME;
      const setName = async (length: number): Promise<string> => {
        const bytes = new TextEncoder().encode(`${'n'.repeat(length)}\0`);
        return (await context.subject.ioctl({ fd, request, argument: { bytes } })).word;
      };
      const long = await setName(NAME_MAX + 1);
      const tooLong = `setting a name of ${NAME_MAX + 1} bytes ${ended(long)}`;
      context.observe('FD-12', 'too-long', long, tooLong);
      const fits = await setName(NAME_MAX);
      context.observe('FD-12', 'fits', fits, `setting a name of ${NAME_MAX} bytes ${ended(fits)}`);
      if (fits !== 'ok') return;
      const { out } = await context.subject.readfile({ document: '/proc/self/fdinfo', fd });
      const shown = textOfBytes(out).includes(`name:\t${'n'.repeat(NAME_MAX)}\n`);
      context.observe('FD-12', 'fdinfo', shown ? 'shown' : 'missing', 'the name in fdinfo');
    },
  },
];

/** DMA_BUF_NAME_LEN less the NUL. */
const NAME_MAX = 31;
/** Buffers that live while the next descriptor is asked for. */
const DESCRIPTORS = 200n;
/** Buffers that exec closes, in each of two blocks. */
const EXECS = 64n;

/** Whether the buffers of a crowd keep what was written to each, whatever is freed between. */
const observeDistinct = (context: CaseContext, sizes: readonly bigint[]): Promise<void> =>
  throughPhases(context, sizes, {
    allBuffers: ({ word, detail }) => context.observe('FD-11', 'patterns', word, detail),
  });
