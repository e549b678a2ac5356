import fc from 'fast-check';
import type { Thread } from '../../adapters/contract/index.ts';
import { pagesAllowed, type Scenario, type World } from '../scenario.ts';
import { shortfall, smallPages } from './boundaries.ts';
import { clientName, framed } from './frame.ts';
import { ThreadWriter, type WrittenBuffer } from './writer.ts';

const THREADS_MAX = 4;
const STEPS_MAX = 24;

/** One step of a thread; `which` chooses among the buffers that it has. */
interface Step {
  readonly kind: 'allocate' | 'allocate-unseen' | 'check' | 'free' | 'unmap-later' | 'duplicate';
  readonly pages: number;
  /** Bytes that are missing to whole pages. */
  readonly short: bigint;
  readonly which: number;
}

/**
 * Threads that allocate, look, write, check and free at the same time, in one client or in two, on
 * one region. Threads touch no buffers of each other, so that each knows what its own must hold.
 */
export function hammer(world: World): fc.Arbitrary<Scenario> {
  const most = Number(pagesAllowed(world) / BigInt(THREADS_MAX * 4)) || 1;
  const step = fc.record<Step>({
    kind: fc.constantFrom(
      'allocate',
      'allocate',
      'allocate-unseen',
      'check',
      'free',
      'unmap-later',
      'duplicate',
    ),
    pages: smallPages(Math.min(most, 64)),
    short: shortfall(world.page),
    which: fc.nat(15),
  });
  const thread = fc.array(step, { minLength: 2, maxLength: STEPS_MAX });
  return fc
    .record({
      threads: fc.array(thread, { minLength: 2, maxLength: THREADS_MAX }),
      shared: fc.boolean(),
      seed: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
    })
    .map(({ threads, shared, seed }) => {
      const written = threads.map((steps, index): Thread => {
        const client = clientName(shared ? 0 : index % 2);
        return { client, operations: writeSteps(new ThreadWriter(world, `t${index}`), steps) };
      });
      const clients = [...new Set(written.map(({ client }) => client))];
      return framed(world, 'hammer', clients, [written], seed);
    });
}

function writeSteps(writer: ThreadWriter, steps: readonly Step[]): ThreadWriter['operations'] {
  const page = writer.page;
  const held: WrittenBuffer[] = [];
  for (const { kind, pages, short, which } of steps) {
    const buffer = held[which % Math.max(held.length, 1)];
    if (kind === 'allocate' || kind === 'allocate-unseen' || buffer === undefined) {
      const fresh = writer.allocate({ length: BigInt(pages) * page - short });
      held.push(fresh);
      if (kind === 'allocate-unseen') continue;
      writer.map(fresh);
      writer.look(fresh);
      writer.stamp(fresh);
    } else if (kind === 'check') {
      writer.check(buffer);
    } else if (kind === 'duplicate') {
      writer.add({ op: 'dup', slot: writer.slot(), fd: writer.descriptor(buffer) });
    } else {
      writer.check(buffer);
      writer.close(buffer);
      if (kind === 'unmap-later') writer.check(buffer);
      writer.unmap(buffer);
      held.splice(held.indexOf(buffer), 1);
    }
  }
  for (const buffer of held) writer.check(buffer);
  return writer.operations;
}
