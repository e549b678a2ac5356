import fc from 'fast-check';
import { linux, type Thread } from '../../adapters/contract/index.ts';
import { shortfall, smallPages } from './boundaries.ts';
import { clientName, scaffolded, seeds } from './scaffold.ts';
import { type GeneratorContext, pagesAllowed, type Scenario } from './scenario.ts';
import { swarming } from './swarm.ts';
import { ThreadWriter, type WrittenBuffer } from './thread-writer.ts';

const THREADS_MAX = 4;
const STEPS_MAX = 24;

const KINDS = ['allocate', 'allocate-unseen', 'check', 'free', 'unmap-later', 'duplicate'] as const;

/** One step of a thread; `which` chooses among the buffers that it has. */
interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly pages: number;
  /** Bytes that are missing to whole pages. */
  readonly short: bigint;
  readonly flags: bigint;
  readonly which: number;
}

/**
 * Threads that allocate, look, write, check and free at the same time, in one client or in two, on
 * one region. Threads touch no buffers of each other, so that each knows what its own must hold.
 */
export function hammerScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  const most = Number(pagesAllowed(context) / BigInt(THREADS_MAX * 4)) || 1;
  // An unbounded region gives what it is asked for, and then the OOM killer strikes.
  const limit = context.region.bounded
    ? Number.POSITIVE_INFINITY
    : Number(pagesAllowed(context)) / THREADS_MAX;
  const threads = swarming(KINDS, (kind) => {
    const step = fc.record<Step>({
      kind,
      pages: smallPages(Math.min(most, 64)),
      short: shortfall(context.page),
      // Without a word for exec, which is a difference to nothing but the descriptor.
      flags: fc.constantFrom(linux.O_RDWR | linux.O_CLOEXEC, linux.O_RDWR),
      which: fc.nat(15),
    });
    const thread = fc.array(step, { minLength: 4, maxLength: STEPS_MAX });
    return fc.array(thread, { minLength: 2, maxLength: THREADS_MAX });
  });
  return fc
    .record({
      threads,
      shared: fc.boolean(),
      seed: seeds,
    })
    .map(({ threads, shared, seed }) => {
      const written = threads.map((steps, index): Thread => {
        const client = clientName(shared ? 0 : index % 2);
        return {
          client,
          operations: writeSteps(new ThreadWriter(context, `t${index}`), steps, limit),
        };
      });
      const clients = [...new Set(written.map(({ client }) => client))];
      return scaffolded(context, 'hammer', clients, [written], seed);
    });
}

function writeSteps(
  writer: ThreadWriter,
  steps: readonly Step[],
  limit: number,
): ThreadWriter['operations'] {
  const page = writer.page;
  const held: WrittenBuffer[] = [];
  let asked = 0;
  for (const { flags, kind, pages, short, which } of steps) {
    const buffer = held[which % Math.max(held.length, 1)];
    if (kind === 'allocate' || kind === 'allocate-unseen' || buffer === undefined) {
      asked += pages;
      if (asked > limit) break;
      const fresh = writer.allocate({ length: BigInt(pages) * page - short, flags });
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
