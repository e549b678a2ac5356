import fc from 'fast-check';
import { linux, type Thread } from '../../adapters/contract/index.ts';
import { clientName, scaffolded, seeds } from './scaffold.ts';
import type { GeneratorContext, Scenario } from './scenario.ts';
import { swarming } from './swarm.ts';
import { ThreadWriter, type WrittenBuffer } from './thread-writer.ts';

const { DMA_BUF_IOCTL_SYNC, MAP_SHARED, PROT_READ, PROT_WRITE, SEEK_END } = linux;
const THREADS_MAX = 3;
const BUFFERS_MAX = 6;
/** Operations of one thread on one buffer. */
const STEPS_MAX = 2;

const KINDS = [
  'close',
  'close',
  'map',
  'map',
  'duplicate',
  'look',
  'measure',
  'synchronise',
  'unmap',
  'challenge',
] as const;
type Kind = (typeof KINDS)[number];

/** The plan for one buffer. */
interface Contest {
  /** Operations of each thread, in their order. */
  readonly threads: readonly (readonly Kind[])[];
  /** Whether every thread closes it. */
  readonly closing: boolean;
}

/**
 * Threads of one client that use and close the very same buffer at the same time, and begin
 * together. One close of a descriptor is enough, the others find nothing; a thread that was faster
 * keeps what it got from it.
 */
export function sharedBufferScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  const contests = swarming(KINDS, (kind) => {
    const thread = fc.array(kind, { minLength: 1, maxLength: STEPS_MAX });
    const many = fc.record<Contest>({
      threads: fc.array(thread, { minLength: 2, maxLength: THREADS_MAX }),
      closing: fc.boolean(),
    });
    // Most races need no more than one thing that happens while the buffer goes away.
    const duel = kind.map((one): Contest => ({ threads: [[one], ['close']], closing: false }));
    const contest = fc.oneof({ weight: 2, arbitrary: many }, { weight: 3, arbitrary: duel });
    return fc.array(contest, { minLength: 2, maxLength: BUFFERS_MAX });
  });
  return fc
    .record({
      contests,
      pages: fc.integer({ min: 1, max: 4 }),
      mapped: fc.constantFrom(false, false, true),
      seed: seeds,
    })
    .map(({ contests: drawn, mapped, pages, seed }) => {
      const client = clientName(0);
      const first = new ThreadWriter(context, 'first');
      const buffers = drawn.map(() => prepared(first, pages, mapped));
      const before: Thread[] = [{ client, operations: first.operations }];
      const acts = drawn.map(({ closing, threads }, at) =>
        threads.map((kinds, index): Thread => {
          const writer = new ThreadWriter(context, `t${at}-${index}`);
          const buffer = buffers[at];
          if (buffer === undefined) return { client, operations: [] };
          for (const kind of kinds) writeStep(writer, kind, buffer);
          if (closing && !kinds.includes('close')) writer.close(buffer);
          return { client, operations: writer.operations };
        }),
      );
      return scaffolded(context, 'rivals', [client], [before, ...acts], seed);
    });
}

/** A buffer that nothing but its descriptor holds, or that all threads have a mapping of. */
function prepared(writer: ThreadWriter, pages: number, mapped: boolean): WrittenBuffer {
  const buffer = writer.allocate({ length: BigInt(pages) * writer.page });
  if (mapped) {
    writer.map(buffer);
    writer.look(buffer);
    writer.stamp(buffer);
  }
  return buffer;
}

function writeStep(writer: ThreadWriter, kind: Kind, buffer: WrittenBuffer): void {
  const fd = writer.descriptor(buffer);
  const { length } = buffer;
  switch (kind) {
    case 'close':
      writer.close(buffer);
      break;
    case 'map': {
      const slot = writer.slot();
      const protection = PROT_READ | PROT_WRITE;
      writer.add({ op: 'mmap', slot, length, protection, flags: MAP_SHARED, fd });
      writer.check({ ...buffer, mapping: slot });
      writer.add({ op: 'munmap', address: { slot }, length });
      break;
    }
    case 'duplicate': {
      const slot = writer.slot();
      writer.add({ op: 'dup', slot, fd });
      writer.add({ op: 'close', fd: { slot } });
      break;
    }
    case 'synchronise': {
      // A direction, and the end of what was begun.
      const words = BigUint64Array.of(7n);
      const argument = { bytes: new Uint8Array(words.buffer) };
      writer.add({ op: 'ioctl', fd, request: DMA_BUF_IOCTL_SYNC, argument });
      break;
    }
    default:
      writeOther(writer, kind, buffer);
  }
}

function writeOther(writer: ThreadWriter, kind: Kind, buffer: WrittenBuffer): void {
  if (kind === 'look') {
    writer.check(buffer);
  } else if (kind === 'measure') {
    const fd = writer.descriptor(buffer);
    writer.add({ op: 'lseek', fd, offset: 0n, whence: SEEK_END });
  } else if (kind === 'unmap') {
    writer.unmap({ ...buffer });
  } else if (kind === 'challenge') {
    // Whoever frees the buffer too early has its pages given to this one.
    const fresh = writer.allocate({ length: buffer.length });
    writer.map(fresh);
    writer.look(fresh);
    writer.stamp(fresh);
  }
}
