import fc from 'fast-check';
import { pagesAllowed, type Scenario, type World } from '../scenario.ts';
import { clientName, framed } from './frame.ts';
import { ThreadWriter, type WrittenBuffer } from './writer.ts';

/** The most buffers that one scenario holds. */
const BUFFERS_MAX = 96;

/** In which order buffers go and come: the classic ways to leave holes. */
const PATTERNS = ['checkerboard', 'comb', 'sawtooth', 'biggest-fit'] as const;

/**
 * Fills a region, makes holes in a pattern, and asks for what fits and for what does not. Only for
 * regions that are bounded: an unbounded one ends in the OOM killer.
 */
export function exhaustion(world: World): fc.Arbitrary<Scenario> {
  const pages = Number(pagesAllowed(world));
  return fc
    .record({
      pattern: fc.constantFrom(...PATTERNS),
      // As many as make the region small: the rest is taken by one buffer.
      unit: fc.integer({ min: 1, max: 8 }),
      buffers: fc.integer({ min: 2, max: Math.min(BUFFERS_MAX, pages) }),
      asked: fc.array(fc.integer({ min: 1, max: 32 }), { minLength: 1, maxLength: 8 }),
      seed: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
    })
    .map(({ pattern, unit, buffers, asked, seed }) => {
      const writer = new ThreadWriter(world, 't0');
      const bytes = (count: number): bigint => BigInt(count) * world.page;
      const held: WrittenBuffer[] = [];
      for (let index = 0; index < buffers; index += 1) {
        const size = pattern === 'sawtooth' ? 1 + ((index * unit) % 8) : unit;
        held.push(writer.allocate({ length: bytes(size) }));
      }
      // What is left, in halves, until nothing is.
      for (let rest = pages; rest >= 1; rest = Math.floor(rest / 2)) {
        held.push(writer.allocate({ length: bytes(rest) }));
      }
      for (const [index, buffer] of held.slice(0, buffers).entries()) {
        if (isFreed(pattern, index)) writer.close(buffer);
      }
      for (const size of asked) {
        const fresh = writer.allocate({ length: bytes(size) });
        writer.map(fresh);
        writer.look(fresh);
        writer.stamp(fresh);
        writer.check(fresh);
      }
      const client = clientName(0);
      return framed(
        world,
        'exhaustion',
        [client],
        [[{ client, operations: writer.operations }]],
        seed,
      );
    });
}

function isFreed(pattern: (typeof PATTERNS)[number], index: number): boolean {
  if (pattern === 'checkerboard') return index % 2 === 0;
  if (pattern === 'comb') return index % 4 !== 0;
  return pattern === 'biggest-fit' ? index % 3 === 0 : index % 5 < 3;
}
