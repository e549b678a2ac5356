import fc from 'fast-check';
import { oneClientScenario, seeds } from './scaffold.ts';
import { type GeneratorContext, pagesAllowed, type Scenario } from './scenario.ts';
import { ThreadWriter, type WrittenBuffer } from './thread-writer.ts';

/** Buffers that live at once: more than the tables of 64 and 128 that drivers have. */
const BUFFERS_MAX = 160;
/** Operations after which no more buffers are given back, so that the scenario may be kept. */
const OPERATIONS = 580;

/**
 * Very many buffers that live at the same time, each with a stamp of its own; some are given back
 * and asked for again, and then each must have its stamp.
 */
export function crowdScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  const most = Math.min(BUFFERS_MAX, Math.floor(Number(pagesAllowed(context)) / 4));
  return fc
    .record({
      count: fc.oneof(
        fc.integer({ min: 1, max: Math.max(most, 1) }),
        fc.constant(Math.max(most, 1)),
      ),
      pages: fc.constantFrom(1, 1, 2),
      // Every so many is given back and asked for again; 0 leaves all of them there.
      again: fc.constantFrom(0, 0, 2, 3, 7),
      seed: seeds,
    })
    .map(({ again, count, pages, seed }) => {
      const writer = new ThreadWriter(context, 't0');
      const length = BigInt(pages) * context.page;
      const held = Array.from({ length: count }, () => stamped(writer, length));
      for (let at = again; again > 0 && at < count; at += again) {
        const old = held[at];
        if (old === undefined || writer.operations.length > OPERATIONS) break;
        writer.close(old);
        writer.unmap(old);
        held[at] = stamped(writer, length);
      }
      for (const buffer of held) writer.check(buffer);
      return oneClientScenario(context, 'crowd', writer.operations, seed);
    });
}

/** Frames and first bytes are the business of others: the fewer operations, the more buffers. */
function stamped(writer: ThreadWriter, length: bigint): WrittenBuffer {
  const buffer = writer.allocate({ length });
  writer.map(buffer);
  writer.stamp(buffer);
  return buffer;
}
