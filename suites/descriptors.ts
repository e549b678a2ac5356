import { linux } from '../adapters/contract/index.ts';
import type { Case } from './case.ts';
import { contentsWord, fillBytes } from './contents.ts';
import { fieldOf, readField } from './request.ts';

const { SEEK_CUR, SEEK_END, SEEK_SET } = linux;

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
      const sync = async (flags: number): Promise<string> => {
        const argument = { bytes: Uint8Array.of(flags, 0, 0, 0, 0, 0, 0, 0) };
        const request = linux.DMA_BUF_IOCTL_SYNC;
        return (await bench.subject.ioctl({ fd, request, argument })).word;
      };
      const none = await sync(0);
      bench.observe('FD-02', 'no-flags', none, `DMA_BUF_IOCTL_SYNC with flags 0 came to ${none}`);
      for (const flags of [SYNC_READ | SYNC_WRITE, SYNC_READ | SYNC_WRITE | SYNC_END]) {
        const word = await sync(flags);
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
];

const SYNC_READ = 1;
const SYNC_WRITE = 2;
const SYNC_END = 4;

/** Buffers that live at the same time, each with a pattern of its own. */
const BUFFERS = 8;
