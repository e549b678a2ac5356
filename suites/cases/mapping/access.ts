import { linux, outcomePhrase } from '../../../adapters/contract/index.ts';
import type { Case } from '../../kit/case.ts';
import type { Allocation, CaseContext } from '../../kit/context.ts';
import { Inconclusive } from '../../kit/observation.ts';
import { fewSizes, sizeClasses } from '../../kit/sizes.ts';

const { MAP_PRIVATE, MAP_SHARED, MREMAP_MAYMOVE, O_CLOEXEC, O_RDONLY, O_RDWR, O_WRONLY } = linux;
const { PROT_READ, PROT_WRITE } = linux;
const GIBIBYTE = 1n << 30n;

/** Accesses that no mapping of a buffer may allow. */
export const mappingAccessCases: readonly Case[] = [
  {
    id: 'MAP-03/read-only',
    title: 'a read-only descriptor is mapped for reading only',
    requirements: ['MAP-03'],
    async run(context) {
      await context.control();
      const { fd } = await context.buffer({ flags: O_RDONLY | O_CLOEXEC });
      for (const [role, protection] of [
        ['read', PROT_READ],
        ['write', PROT_READ | PROT_WRITE],
      ] as const) {
        const wanted = { length: context.page, protection, flags: MAP_SHARED, fd };
        const { word } = await context.subject.mmap(wanted);
        context.observe('MAP-03', role, word, `mmap for ${role} of an O_RDONLY buffer: ${word}`);
      }
    },
  },
  {
    id: 'MAP-04/upgrade',
    title: 'a read-only mapping stays read-only',
    requirements: ['MAP-04'],
    async run(context) {
      const { page } = context;
      const control = await context.map(await context.buffer(), page, PROT_READ);
      const writing = { length: page, protection: PROT_READ | PROT_WRITE };
      const allowed = await context.subject.mprotect({ address: control, ...writing });
      if (!allowed.ok) throw new Inconclusive(`blocked: mprotect failed with ${allowed.word}`);
      const buffer = await context.buffer({ flags: O_RDONLY | O_CLOEXEC });
      const address = await context.map(buffer, page, PROT_READ);
      const { word } = await context.subject.mprotect({ address, ...writing });
      context.observe('MAP-04', 'upgrade', word, `mprotect for writing ${outcomePhrase(word)}`);
    },
  },
  {
    id: 'MAP-05/write-only',
    title: 'a write-only descriptor is not mapped',
    requirements: ['MAP-05'],
    async run(context) {
      await context.control();
      const { fd } = await context.buffer({ flags: O_WRONLY | O_CLOEXEC });
      for (const protection of [PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE]) {
        const wanted = { length: context.page, protection, flags: MAP_SHARED, fd };
        const { word } = await context.subject.mmap(wanted);
        const detail = `mmap with protection ${protection} of an O_WRONLY buffer: ${word}`;
        context.observe('MAP-05', 'map', word, detail);
      }
    },
  },
  {
    id: 'MAP-06/setfl',
    title: 'F_SETFL gives no access',
    requirements: ['MAP-06'],
    async run(context) {
      const { fd } = await context.buffer({ flags: O_RDONLY | O_CLOEXEC });
      await context.subject.fcntl({ fd, command: linux.F_SETFL, value: O_RDWR });
      const { value } = await context.subject.fcntl({ fd, command: linux.F_GETFL });
      const word = (value & linux.O_ACCMODE) === O_RDONLY ? 'kept' : 'widened';
      context.observe('MAP-06', 'setfl', word, `O_RDONLY after F_SETFL with O_RDWR: ${word}`);
    },
  },
  {
    id: 'MAP-06/reopen',
    title: 'the link in /proc gives no access',
    requirements: ['MAP-06'],
    needs: ['procfs'],
    async run(context) {
      const { fd } = await context.buffer({ flags: O_RDONLY | O_CLOEXEC });
      const again = await context.subject.reopen({ fd, flags: O_RDWR });
      let word = again.word;
      if (again.ok) {
        const protection = PROT_READ | PROT_WRITE;
        const wanted = { length: context.page, protection, flags: MAP_SHARED, fd: again };
        word = (await context.subject.mmap(wanted)).ok ? 'widened' : 'kept';
      }
      context.observe(
        'MAP-06',
        'reopen',
        word,
        `opening a read-only buffer again ${outcomePhrase(word)}`,
      );
    },
  },
  {
    id: 'MAP-07/past-end',
    title: 'a mapping past the end is refused',
    requirements: ['MAP-07'],
    async run(context) {
      const { page } = context;
      for (const size of sizeClasses(context)) {
        const buffer = await context.buffer({ length: size });
        const whole = await context.map(buffer, size);
        for (const [length, offset] of [
          [size + page, 0n],
          [size, page],
          [page, size],
          [page, size + (1n << 32n)],
          [page, 1n << 40n],
          // What fields of 32 bits for bytes, and for pages, take for the start.
          [page, 1n << 32n],
          [page, page << 32n],
        ] as const) {
          if (!asksDriver(context, offset)) continue;
          const wanted = { length, protection: PROT_READ, flags: MAP_SHARED, fd: buffer.fd };
          const { word } = await context.subject.mmap({ ...wanted, offset });
          const detail = `mmap of ${length} bytes at ${offset} of a ${size}-byte buffer: ${word}`;
          context.observe('MAP-07', 'past-end', word, detail);
        }
        await context.subject.munmap({ address: whole, length: size });
        await context.release(buffer);
      }
    },
  },
  {
    id: 'MAP-09/malformed',
    title: 'a mapping of nothing, or between pages, is refused',
    requirements: ['MAP-09'],
    async run(context) {
      const { page, subject } = context;
      const buffer = await context.buffer({ length: 2n * page });
      await context.map(buffer, page);
      const wanted = { protection: PROT_READ, flags: MAP_SHARED, fd: buffer.fd };
      const nothing = await subject.mmap({ ...wanted, length: 0n });
      context.observe(
        'MAP-09',
        'no-bytes',
        nothing.word,
        `mmap of 0 bytes ${outcomePhrase(nothing.word)}`,
      );
      for (const offset of [1n, page / 2n, page - 1n]) {
        const { word } = await subject.mmap({ ...wanted, length: page, offset });
        context.observe(
          'MAP-09',
          'unaligned',
          word,
          `mmap at offset ${offset} ${outcomePhrase(word)}`,
        );
      }
    },
  },
  {
    id: 'MAP-10/grow',
    title: 'no mapping grows past its buffer',
    requirements: ['MAP-10'],
    async run(context) {
      for (const length of fewSizes(context)) {
        for (const more of [context.page, GIBIBYTE]) {
          const buffer = await context.buffer({ length });
          const word = await beyondEnd(context, buffer, length, more);
          const detail = `a mapping of ${length} bytes grown by ${more}: ${word} past its end`;
          context.observe('MAP-10', 'beyond-end', word, detail);
          await context.release(buffer);
        }
      }
    },
  },
  {
    id: 'MAP-11/private',
    title: 'a write to a private mapping stays there',
    requirements: ['MAP-11'],
    async run(context) {
      const { page, subject } = context;
      const buffer = await context.buffer();
      const shared = await context.map(buffer, page);
      await subject.store({ address: shared, length: page, bytes: Uint8Array.of(0x44) });
      const protection = PROT_READ | PROT_WRITE;
      const wanted = { length: page, protection, flags: MAP_PRIVATE, fd: buffer.fd };
      const address = await subject.mmap(wanted);
      let word = 'refused';
      if (address.ok) {
        await subject.store({ address, length: page, bytes: Uint8Array.of(0x55) });
        const bytes = Uint8Array.of(0x44);
        const { value } = await subject.scan({ address: shared, length: page, bytes });
        word = value === page ? 'copy-on-write' : 'shared';
      }
      context.observe('MAP-11', 'private', word, `a private mapping (${address.word}): ${word}`);
    },
  },
  {
    id: 'MAP-13/closed',
    title: 'a closed descriptor is not mapped',
    requirements: ['MAP-13'],
    async run(context) {
      const { page, subject } = context;
      const buffer = await context.buffer();
      await context.map(buffer, page);
      await context.release(buffer);
      const wanted = { length: page, protection: PROT_READ, flags: MAP_SHARED, fd: buffer.fd };
      const { word } = await subject.mmap(wanted);
      context.observe('MAP-13', 'closed', word, `mmap of a closed buffer ${outcomePhrase(word)}`);
    },
  },
  {
    id: 'MAP-17/device',
    title: 'the device is not mapped',
    requirements: ['MAP-17'],
    async run(context) {
      await context.map(await context.buffer(), context.page);
      const fd = await context.device();
      const wanted = { length: context.page, protection: PROT_READ, flags: MAP_SHARED, fd };
      const { word } = await context.subject.mmap(wanted);
      context.observe('MAP-17', 'device', word, `mmap of the device ${outcomePhrase(word)}`);
    },
  },
];

/** The outcome of an access past the buffer's end, through a mapping that was made longer. */
async function beyondEnd(
  context: CaseContext,
  buffer: Allocation,
  oldLength: bigint,
  more: bigint,
): Promise<string> {
  const { subject } = context;
  const address = await context.map(buffer, oldLength);
  const newLength = oldLength + more;
  const grown = await subject.mremap({ address, oldLength, newLength, flags: MREMAP_MAYMOVE });
  if (!grown.ok) return 'refused';
  const { ok, word } = await subject.load({ address: grown, offset: oldLength, length: 1n });
  return ok ? 'other memory' : word;
}

/**
 * Whether a mapping at that offset is for the driver to refuse. Programs of 32 bits cannot ask for
 * more than 2^32 pages of 4 KiB (mmap2), and a kernel of 32 bits says EOVERFLOW of itself to what
 * lies past 4 GiB of a device's file (mm/mmap.c, file_mmap_ok).
 */
function asksDriver({ facts }: CaseContext, offset: bigint): boolean {
  if (facts.pointerBytes > 4) return true;
  return offset < (/64/.test(facts.architecture) ? 1n << 44n : 1n << 32n);
}
