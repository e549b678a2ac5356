import { linux } from '../../adapters/contract/index.ts';
import { fieldOf, readField } from '../../catalogue/abi-request.ts';
import { type Case, Inconclusive } from '../kit/case.ts';
import {
  bufferWord,
  contentsWord,
  fillBytes,
  overwriteNewBuffers,
  stamp,
} from '../kit/contents.ts';
import { SYNC, syncFlags } from '../kit/dma-buf-sync.ts';
import { observeConserved } from '../kit/free-memory.ts';

const { O_CLOEXEC, O_RDWR, SEEK_CUR, SEEK_END, SEEK_SET } = linux;

/** Group G: what the new descriptor is. */
export const descriptors: readonly Case[] = [
  {
    id: 'FD-01/lowest',
    title: 'the lowest free descriptor is given',
    requirements: ['FD-01'],
    async run(bench) {
      const lowest = await bench.subject.dup({ fd: await bench.device() });
      await bench.subject.close({ fd: lowest });
      const { reply } = await bench.buffer();
      const got = readField(reply.out, fieldOf(bench.abi, 'descriptor'));
      const word = got === lowest.value ? 'lowest' : 'other';
      bench.observe('FD-01', 'number', word, `descriptor ${got}; ${lowest.value} was lowest`);
    },
  },
  {
    id: 'FD-02/sync',
    title: 'the descriptor answers as a dma-buf',
    requirements: ['FD-02'],
    async run(bench) {
      const { fd } = await bench.buffer();
      const none = (await syncFlags(bench.subject, fd, 0n)).word;
      bench.observe('FD-02', 'no-flags', none, `DMA_BUF_IOCTL_SYNC with flags 0 came to ${none}`);
      for (const flags of [SYNC.both, SYNC.both | SYNC.end]) {
        const { word } = await syncFlags(bench.subject, fd, flags);
        bench.observe('FD-02', 'bracket', word, `DMA_BUF_IOCTL_SYNC ${flags} came to ${word}`);
      }
    },
  },
  {
    id: 'FD-03/dup',
    title: 'duplicates share the buffer',
    requirements: ['FD-03'],
    async run(bench) {
      const { page, subject } = bench;
      const buffer = await bench.buffer();
      await fillBytes(subject, await bench.map(buffer, page), page, 0x3c);
      const copy = await subject.dup({ fd: buffer.fd });
      const seen = await bench.map({ ...buffer, fd: { slot: copy.slot } }, page);
      const word = await contentsWord(subject, seen, page, 0x3c);
      const shared = word === 'own-bytes' ? 'same-bytes' : word;
      bench.observe('FD-03', 'duplicate', shared, `the pattern through a dup: ${shared}`);
    },
  },
  {
    id: 'FD-04/fork',
    title: 'parent and child share a buffer, whoever closes first',
    requirements: ['FD-04'],
    needs: ['clients'],
    async run(bench) {
      const { page, subject } = bench;
      for (const [role, closer, byte] of [
        ['child-closed', 'child', 0x1d],
        ['parent-closed', 'parent', 0x2e],
      ] as const) {
        const buffer = await bench.buffer();
        const client = bench.client(`heir-${role}`);
        await subject.fork({ client: client.clientName });
        const heir = { ...buffer, client };
        const [closing, keeping] = closer === 'child' ? [heir, buffer] : [buffer, heir];
        await stamp(bench, closing, page, byte);
        await bench.release(closing);
        await overwriteNewBuffers(bench);
        const word = await bufferWord(bench, keeping, page, byte);
        bench.observe('FD-04', role, word, `the ${closer} wrote and closed; then: ${word}`);
      }
    },
  },
  {
    id: 'FD-05/socket',
    title: 'a buffer can be sent to another process',
    requirements: ['FD-05'],
    needs: ['clients', 'sockets'],
    async run(bench) {
      const { page, subject } = bench;
      const ends = await subject.socketpair({});
      await subject.fork({ client: 'receiver' });
      const receiver = bench.client('receiver');
      const buffer = await bench.buffer();
      await stamp(bench, buffer, page, 0x3f);
      const sent = await subject.sendfd({ fd: ends.field(0, 4), passed: buffer.fd });
      if (!sent.ok) throw new Inconclusive(`blocked: sendmsg failed with ${sent.word}`);
      await bench.release(buffer);
      await overwriteNewBuffers(bench);
      const got = await receiver.recvfd({ fd: ends.field(4, 4) });
      if (!got.ok) throw new Inconclusive(`blocked: recvmsg failed with ${got.word}`);
      const fd = { slot: got.slot };
      const word = await bufferWord(bench, { ...buffer, client: receiver, fd }, page, 0x3f);
      bench.observe('FD-05', 'received', word, `the buffer at its receiver: ${word}`);
    },
  },
  {
    id: 'FD-06/exec',
    title: 'exec closes a buffer that asked for it',
    requirements: ['FD-06'],
    needs: ['clients'],
    async run(bench) {
      await bench.device();
      for (const [role, value] of [
        ['asked', O_RDWR | O_CLOEXEC],
        ['not-asked', O_RDWR],
      ] as const) {
        const buffer = await bench.buffer({ flags: value });
        const client = bench.client(`program-${role}`);
        await bench.subject.fork({ client: client.clientName });
        await client.exec({});
        const { ok, word } = await client.fcntl({ fd: buffer.fd, command: linux.F_GETFD });
        const seen = ok ? 'open' : word === 'EBADF' ? 'closed' : word;
        bench.observe('FD-06', role, seen, `O_CLOEXEC ${role}: after exec it is ${seen}`);
        await bench.release(buffer);
      }
    },
  },
  {
    id: 'FD-06/exec-frees',
    title: 'exec frees what it closes',
    requirements: ['FD-06'],
    needs: ['clients'],
    async run(bench) {
      const length = bench.region.bounded ? 4n * bench.page : 256n * bench.page;
      const device = await bench.device();
      await bench.subject.fork({ client: 'program' });
      await observeConserved(bench, {
        requirement: 'FD-06',
        client: 'program',
        body: [bench.allocationStep('left', device, { length }), { op: 'exec' }],
        bytesPerCycle: length,
        cycles: EXECS,
      });
    },
  },
  {
    id: 'FD-07/read-write',
    title: 'a buffer is not read, written or truncated like a file',
    requirements: ['FD-07'],
    async run(bench) {
      const { fd } = await bench.buffer();
      const { subject } = bench;
      for (const [role, { word }] of [
        ['read', await subject.pread({ fd, length: 16n })],
        ['write', await subject.pwrite({ fd, bytes: new Uint8Array(16) })],
        ['truncate', await subject.ftruncate({ fd, length: 0n })],
      ] as const) {
        bench.observe('FD-07', role, word, `to ${role} a buffer came to ${word}`);
      }
    },
  },
  {
    id: 'FD-08/lseek',
    title: 'lseek reports the size and nothing else',
    requirements: ['FD-08'],
    async run(bench) {
      const { page } = bench;
      const { fd } = await bench.buffer();
      for (const [role, whence, right, name] of [
        ['size', SEEK_END, page, 'size'],
        ['rewind', SEEK_SET, 0n, 'start'],
      ] as const) {
        const { ok, value, word } = await bench.subject.lseek({ fd, offset: 0n, whence });
        const seen = ok && value === right ? name : ok ? `position ${value}` : word;
        bench.observe('FD-08', role, seen, `lseek(0, whence ${whence}) came to ${seen}`);
      }
      for (const [offset, whence] of [
        [-1n, SEEK_END],
        [1n, SEEK_END],
        [1n, SEEK_SET],
        [page, SEEK_SET],
        [0n, SEEK_CUR],
      ] as const) {
        const { word } = await bench.subject.lseek({ fd, offset, whence });
        bench.observe('FD-08', 'bad', word, `lseek(${offset}, whence ${whence}) came to ${word}`);
      }
    },
  },
  {
    id: 'FD-09/poll',
    title: 'an unused buffer is ready at once',
    requirements: ['FD-09'],
    async run(bench) {
      const { fd } = await bench.buffer();
      const both = linux.POLLIN | linux.POLLOUT;
      const { ok, value, word } = await bench.subject.poll({ fd, events: both });
      const seen = ok ? (value === both ? 'both' : `events ${value}`) : word;
      bench.observe('FD-09', 'poll', seen, `poll without waiting came to ${seen}`);
    },
  },
  {
    id: 'FD-10/sync',
    title: 'SYNC takes a direction and nothing unknown',
    requirements: ['FD-10'],
    async run(bench) {
      const { fd } = await bench.buffer();
      const starts = [SYNC.read, SYNC.write, SYNC.both];
      const valid = starts.flatMap((start) => [start, start | SYNC.end]);
      for (const [role, values] of [
        ['valid', valid],
        ['invalid', [0n, SYNC.end, SYNC.both | 8n, -1n]],
      ] as const) {
        for (const value of values) {
          const { word } = await syncFlags(bench.subject, fd, value);
          bench.observe('FD-10', role, word, `DMA_BUF_IOCTL_SYNC ${value} came to ${word}`);
        }
      }
      const request = linux.DMA_BUF_IOCTL_SYNC;
      const argument = { bytes: new Uint8Array(8), placement: { kind: 'unmapped' } } as const;
      const { word } = await bench.subject.ioctl({ fd, request, argument });
      bench.observe('FD-10', 'pointer', word, `DMA_BUF_IOCTL_SYNC of no memory came to ${word}`);
    },
  },
  {
    id: 'FD-11/distinct',
    title: 'buffers that live together share nothing',
    requirements: ['FD-11'],
    async run(bench) {
      const size = 4n * bench.page;
      const mappings = [];
      for (let index = 0; index < BUFFERS; index += 1) {
        const mapping = await bench.map(await bench.buffer({ length: size }), size);
        await fillBytes(bench.subject, mapping, size, index + 1);
        mappings.push(mapping);
      }
      for (const [index, mapping] of mappings.entries()) {
        const word = await contentsWord(bench.subject, mapping, size, index + 1);
        bench.observe('FD-11', 'patterns', word, `buffer ${index} of ${BUFFERS} holds ${word}`);
      }
    },
  },
  {
    id: 'FD-12/name',
    title: 'a buffer takes a name of 31 bytes',
    requirements: ['FD-12'],
    needs: ['procfs'],
    async run(bench) {
      const { fd } = await bench.buffer();
      const request = linux.DMA_BUF_SET_NAME;
      const setName = async (length: number): Promise<string> => {
        const bytes = new TextEncoder().encode(`${'n'.repeat(length)}\0`);
        return (await bench.subject.ioctl({ fd, request, argument: { bytes } })).word;
      };
      const long = await setName(NAME_MAX + 1);
      bench.observe('FD-12', 'too-long', long, `a name of ${NAME_MAX + 1} bytes came to ${long}`);
      const fits = await setName(NAME_MAX);
      bench.observe('FD-12', 'fits', fits, `a name of ${NAME_MAX} bytes came to ${fits}`);
      if (fits !== 'ok') return;
      const { out } = await bench.subject.readfile({ document: '/proc/self/fdinfo', fd });
      const shown = new TextDecoder().decode(out).includes(`name:\t${'n'.repeat(NAME_MAX)}\n`);
      bench.observe('FD-12', 'fdinfo', shown ? 'shown' : 'missing', 'the name in fdinfo');
    },
  },
];

/** DMA_BUF_NAME_LEN less the NUL. */
const NAME_MAX = 31;
/** Buffers that exec closes, in each of two blocks. */
const EXECS = 64n;

/** Buffers that live at the same time, each with a pattern of its own. */
const BUFFERS = 8;
