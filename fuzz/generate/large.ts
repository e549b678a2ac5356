import fc from 'fast-check';
import { linux } from '../../adapters/contract/index.ts';
import { shortfall } from './boundaries.ts';
import { Dice, diceSeeds } from './dice.ts';
import { type OwnedBuffer, writeMappingStep } from './on-mappings.ts';
import { oneClientScenario, seeds } from './scaffold.ts';
import { type GeneratorContext, pagesAllowed, type Scenario } from './scenario.ts';
import { swarming } from './swarm.ts';
import { ThreadWriter, type WrittenBuffer } from './thread-writer.ts';

const { MAP_SHARED, PROT_READ, PROT_WRITE, SEEK_END } = linux;
const ZERO = Uint8Array.of(0);
const STEPS_MAX = 10;
/** Pages that are looked through as a whole: of a larger buffer only those at the edges. */
const LOOKED_THROUGH = 4096;
/**
 * Pages at which allocators and drivers go wrong: behind chunks of 16 and 256 pages, behind a
 * scatter list's segment of 64, and where 31 and 32 bits of bytes end with pages of 4 KiB.
 */
const EDGES = [0, 1, 15, 16, 17, 33, 64, 255, 256, 257, 1024, 2 ** 19, 2 ** 20, 2 ** 20 + 1];

const KINDS = [
  'view',
  'view',
  'map-wrongly',
  'remap',
  'measure',
  'recycle',
  'orphan',
  'too-long',
] as const;

interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly thrown: number;
}

/**
 * Buffers of many pages, one at a time: each is looked through, gets a stamp of its own at every
 * edge, and is mapped in parts, measured, orphaned by its descriptor, given back dirty and asked
 * for anew.
 */
export function largeScenarios(context: GeneratorContext): fc.Arbitrary<Scenario> {
  const most = Number(pagesAllowed(context));
  const steps = swarming(KINDS, (kind) =>
    fc.array(fc.record<Step>({ kind, thrown: diceSeeds }), { minLength: 2, maxLength: STEPS_MAX }),
  );
  return fc
    .record({
      // Small ones come too: what is wrong with parts of chunks shows in them as well.
      pages: fc.constantFrom(...sizesUpTo(most)),
      short: shortfall(context.page),
      steps,
      seed: seeds,
    })
    .map(({ pages, seed, short, steps: drawn }) => {
      const writer = new ThreadWriter(context, 't0');
      const room = { left: most };
      let one = begun(writer, BigInt(pages) * context.page - short, room);
      for (const { kind, thrown } of drawn) {
        if (one === undefined) break;
        one = writeStep(writer, one, kind, new Dice(thrown), room, context.region.bounded);
      }
      return oneClientScenario(context, 'large', writer.operations, seed);
    });
}

/** Pages of buffers: at the edges and next to them, and parts of the whole region. */
function sizesUpTo(most: number): readonly number[] {
  const edges = EDGES.flatMap((edge) => [edge, edge + 1, edge + 3]);
  const parts = [most, most - 1, Math.floor(most * 0.9), Math.floor(most / 2), most / 3, most / 5];
  const sizes = [...edges, 300, 1281, ...parts.map(Math.floor)];
  const fitting = [...new Set(sizes)].filter((size) => size > 0 && size <= most);
  return fitting.length === 0 ? [1] : fitting;
}

/** Pages that may still be asked for; of a bounded region they come back. */
interface RoomLeft {
  left: number;
}

/** Asks for a buffer, looks at all of it, and writes a stamp to each page at an edge. */
function begun(writer: ThreadWriter, length: bigint, room: RoomLeft): OwnedBuffer | undefined {
  const pages = Number((length + writer.page - 1n) / writer.page);
  if (pages > room.left) return undefined;
  room.left -= pages;
  const buffer = writer.allocate({ length });
  const one: OwnedBuffer = {
    buffer,
    stamps: new Map(),
    mappings: [],
    written: new Set(),
    copies: [],
  };
  const slot = writer.map(buffer);
  one.mappings.push({ slot, first: 0, pages, shared: true, stamps: new Map() });
  if (pages <= LOOKED_THROUGH) writer.look(buffer);
  else for (const at of edgesOf(pages)) scanPage(writer, slot, at, ZERO);
  for (const at of edgesOf(pages)) {
    const bytes = new TextEncoder().encode(writer.slot().padEnd(8, '~').slice(-8));
    const offset = BigInt(at) * writer.page;
    writer.add({ op: 'store', address: { slot }, length: writer.page, bytes, offset });
    one.stamps.set(at, bytes);
    one.written.add(at);
  }
  return one;
}

const edgesOf = (pages: number): readonly number[] => {
  const inside = [
    ...EDGES,
    Math.floor(pages / 2),
    Math.floor((pages / 4) * 3),
    pages - 2,
    pages - 1,
  ];
  return [...new Set(inside)].filter((at) => at >= 0 && at < pages).toSorted((a, b) => a - b);
};

function scanPage(writer: ThreadWriter, slot: string, at: number, bytes: Uint8Array): void {
  const offset = BigInt(at) * writer.page;
  writer.add({ op: 'scan', address: { slot }, length: writer.page, bytes, offset });
}

/** @returns the buffer that the next step is on; undefined when there is no room for one */
function writeStep(
  writer: ThreadWriter,
  one: OwnedBuffer,
  kind: Step['kind'],
  dice: Dice,
  room: RoomLeft,
  bounded: boolean,
): OwnedBuffer | undefined {
  const { buffer } = one;
  if (kind === 'view') view(writer, one, dice);
  else if (kind === 'map-wrongly' || kind === 'remap') writeMappingStep(writer, one, kind, dice);
  else if (kind === 'measure') measure(writer, buffer);
  else if (kind === 'orphan') orphan(writer, one, dice, room);
  else if (kind === 'too-long') askTooLong(writer, one);
  else {
    end(writer, one);
    if (bounded) room.left += Number(buffer.length / writer.page);
    return begun(writer, buffer.length, room);
  }
  return one;
}

/** Maps a part that begins at an edge, and looks at every stamp that it shows. */
function view(writer: ThreadWriter, { buffer, stamps }: OwnedBuffer, dice: Dice): void {
  const { page } = writer;
  const whole = Number(buffer.length / page);
  const first = dice.pick(edgesOf(whole));
  const pages = dice.below(3) === 0 ? 1 : whole - first;
  const slot = writer.slot();
  const length = BigInt(pages) * page;
  writer.add({
    op: 'mmap',
    slot,
    length,
    protection: PROT_READ | PROT_WRITE,
    flags: MAP_SHARED,
    fd: writer.descriptor(buffer),
    offset: BigInt(first) * page,
  });
  for (const [at, bytes] of stamps) {
    if (at >= first && at < first + pages) scanPage(writer, slot, at - first, bytes);
  }
  writer.add({ op: 'munmap', address: { slot }, length });
}

/** Every word that says how large a buffer is. */
function measure(writer: ThreadWriter, buffer: WrittenBuffer): void {
  const fd = writer.descriptor(buffer);
  writer.add({ op: 'lseek', fd, offset: 0n, whence: SEEK_END });
  writer.add({ op: 'fstat', fd });
  if (writer.hasProcfs) writer.add({ op: 'readfile', document: '/proc/self/fdinfo', fd });
}

/** Closes the descriptor, has another buffer written to, and looks at the stamps again. */
function orphan(writer: ThreadWriter, one: OwnedBuffer, dice: Dice, room: RoomLeft): void {
  const pages = dice.pick([1, 4, 17]);
  if (pages > room.left) return;
  room.left -= pages;
  writer.close(one.buffer);
  const other = writer.allocate({ length: BigInt(pages) * writer.page });
  writer.map(other);
  writer.look(other);
  writer.stamp(other);
  scanStamps(writer, one);
  writer.close(other);
  writer.unmap(other);
}

/** A request that the region cannot grant leaves the buffer as it is. */
function askTooLong(writer: ThreadWriter, one: OwnedBuffer): void {
  writer.allocate({ length: writer.tooLong ?? (1n << 64n) - 1n });
  scanStamps(writer, one);
}

/** Looks at every stamp through the mapping that shows the whole buffer. */
function scanStamps(writer: ThreadWriter, { mappings, stamps }: OwnedBuffer): void {
  const [mapping] = mappings;
  if (mapping === undefined) return;
  for (const [at, bytes] of stamps) {
    if (at < mapping.pages) scanPage(writer, mapping.slot, at, bytes);
  }
}

/** Gives a buffer back as it is. */
function end(writer: ThreadWriter, { buffer, mappings }: OwnedBuffer): void {
  for (const { pages, slot } of mappings) {
    writer.add({ op: 'munmap', address: { slot }, length: BigInt(pages) * writer.page });
  }
  writer.close(buffer);
}
