import fc from 'fast-check';
import type { RegionFacts, Thread } from '../../adapters/contract/index.ts';
import { clientName, scaffolded, seeds } from './scaffold.ts';
import { type GeneratorContext, pagesAllowed, type Scenario } from './scenario.ts';
import { ThreadWriter, type WrittenBuffer } from './thread-writer.ts';

/** The most buffers that one scenario holds. */
const BUFFERS_MAX = 96;

/** Buffers between the holes that are looked at before and after. */
const WATCHED = 4;

/** In which order buffers go and come: the classic ways to leave holes. */
const PATTERNS = ['checkerboard', 'comb', 'sawtooth', 'biggest-fit'] as const;

/**
 * Fills a region, makes holes in a pattern, and asks for what fits and for what does not. Only for
 * regions that are bounded: an unbounded one ends in the OOM killer.
 */
export function exhaustionScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  const pages = Number(pagesAllowed(context));
  return fc
    .record({
      pattern: fc.constantFrom(...PATTERNS),
      // As many as make the region small: the rest is taken by one buffer.
      unit: fc.integer({ min: 1, max: 8 }),
      buffers: fc.integer({ min: 2, max: Math.min(BUFFERS_MAX, pages) }),
      asked: fc.array(fc.integer({ min: 1, max: 32 }), { minLength: 1, maxLength: 8 }),
      whole: fc.boolean(),
      elsewhere: fc.constantFrom(undefined, ...context.others),
      // Threads that find the region full at the same time.
      rivals: fc.constantFrom(0, 2, 3, 4),
      seed: seeds,
    })
    .map(({ asked, buffers, elsewhere, pattern, rivals, seed, unit, whole }) => {
      const writer = new ThreadWriter(context, 't0');
      const bytes = (count: number): bigint => BigInt(count) * context.page;
      // A region at rest has nothing that could be in the way of so large a buffer.
      if (whole) writer.close(writer.allocate({ length: bytes(pages) }));
      const held: WrittenBuffer[] = [];
      for (let index = 0; index < buffers; index += 1) {
        const size = pattern === 'sawtooth' ? 1 + ((index * unit) % 8) : unit;
        held.push(writer.allocate({ length: bytes(size) }));
      }
      held.push(...takeTheRest(writer, pages));
      if (elsewhere !== undefined) askElsewhere(writer, elsewhere, asked.map(bytes));
      const first = held.slice(0, buffers);
      const kept = first.filter((_, index) => !isFreed(pattern, index)).slice(0, WATCHED);
      for (const buffer of kept) see(writer, buffer);
      for (const [index, buffer] of first.entries()) {
        if (isFreed(pattern, index)) writer.close(buffer);
      }
      if (context.capabilities.has('procfs')) {
        writer.add({ op: 'readfile', document: '/proc/meminfo' });
      }
      for (const size of asked) {
        const fresh = writer.allocate({ length: bytes(size) });
        see(writer, fresh);
        writer.check(fresh);
      }
      if (rivals > 0) takeTheRest(writer, pages);
      const client = clientName(0);
      const acts: Thread[][] = [[{ client, operations: writer.operations }]];
      if (rivals > 0) acts.push(rivalsIn(context, client, rivals));
      const last = new ThreadWriter(context, 'last');
      for (const buffer of kept) last.check(buffer);
      acts.push([{ client, operations: last.operations }]);
      return scaffolded(context, 'exhaustion', [client], acts, seed);
    });
}

/** What is left, in halves, until nothing is. */
function takeTheRest(writer: ThreadWriter, pages: number): WrittenBuffer[] {
  const taken: WrittenBuffer[] = [];
  for (let rest = pages; rest >= 1; rest = Math.floor(rest / 2)) {
    taken.push(writer.allocate({ length: BigInt(rest) * writer.page }));
  }
  return taken;
}

/** Requests of each of several threads that meet in a full region. */
const REQUESTS = 6;

/** Threads that all ask for a page and use what they get. */
function rivalsIn(context: GeneratorContext, client: string, count: number): Thread[] {
  return Array.from({ length: count }, (_, index) => {
    const writer = new ThreadWriter(context, `rival-${index}`);
    const given = Array.from({ length: REQUESTS }, () => writer.allocate());
    for (const buffer of given) see(writer, buffer);
    for (const buffer of given) writer.check(buffer);
    return { client, operations: writer.operations };
  });
}

/** Looks at a buffer, and fills it with something of its own. */
function see(writer: ThreadWriter, buffer: WrittenBuffer): void {
  writer.map(buffer);
  writer.look(buffer);
  writer.stamp(buffer);
}

/** One region is full: the others are not, and give what is theirs. */
function askElsewhere(writer: ThreadWriter, region: RegionFacts, lengths: readonly bigint[]): void {
  const { device } = writer;
  writer.open(region);
  for (const length of lengths) {
    const buffer = writer.allocate({ length });
    writer.map(buffer);
    writer.look(buffer);
  }
  writer.device = device;
}

function isFreed(pattern: (typeof PATTERNS)[number], index: number): boolean {
  if (pattern === 'checkerboard') return index % 2 === 0;
  if (pattern === 'comb') return index % 4 !== 0;
  return pattern === 'biggest-fit' ? index % 3 === 0 : index % 5 < 3;
}
