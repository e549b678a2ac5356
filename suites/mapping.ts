import { linux } from '../adapters/contract/index.ts';
import type { Case } from './case.ts';
import { contentsWord, fillBytes } from './contents.ts';

const { MAP_SHARED, O_CLOEXEC, O_RDONLY, PROT_READ, PROT_WRITE } = linux;

/** Group I: mmap of a buffer. */
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
    id: 'MAP-03/read-only',
    title: 'a read-only descriptor is mapped for reading only',
    requirements: ['MAP-03'],
    async run(bench) {
      await bench.control();
      const { fd } = await bench.buffer({ flags: O_RDONLY | O_CLOEXEC });
      for (const [role, protection] of [
        ['read', PROT_READ],
        ['write', PROT_READ | PROT_WRITE],
      ] as const) {
        const wanted = { length: bench.page, protection, flags: MAP_SHARED, fd };
        const { word } = await bench.subject.mmap(wanted);
        bench.observe('MAP-03', role, word, `mmap for ${role} of an O_RDONLY buffer: ${word}`);
      }
    },
  },
  {
    id: 'MAP-07/past-end',
    title: 'a mapping past the end is refused',
    requirements: ['MAP-07'],
    async run(bench) {
      const { page } = bench;
      const size = 2n * page;
      const buffer = await bench.buffer({ length: size });
      await bench.map(buffer, size);
      for (const [length, offset] of [
        [size + page, 0n],
        [2n * page, page],
        [page, size],
        [page, 1n << 40n],
      ] as const) {
        const wanted = { length, protection: PROT_READ, flags: MAP_SHARED, fd: buffer.fd, offset };
        const { word } = await bench.subject.mmap(wanted);
        const detail = `mmap of ${length} bytes at ${offset} of a ${size}-byte buffer: ${word}`;
        bench.observe('MAP-07', 'past-end', word, detail);
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
];
