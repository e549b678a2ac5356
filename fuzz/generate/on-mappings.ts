import { linux } from '../../adapters/contract/index.ts';
import type { Dice } from './dice.ts';
import type { ThreadWriter, WrittenBuffer } from './thread-writer.ts';

const { MAP_PRIVATE, MAP_SHARED, MREMAP_MAYMOVE, PROT_NONE, PROT_READ, PROT_WRITE } = linux;
const ZERO = Uint8Array.of(0);

/** Steps on a buffer's mappings. */
export const MAPPING_STEPS = [
  'map',
  'map-wrongly',
  'map-privately',
  'map-often',
  'unmap',
  'protect',
  'remap',
  'store',
  'scan',
] as const;

/** One of {@link MAPPING_STEPS}. */
export type MappingStep = (typeof MAPPING_STEPS)[number];

/** A mapping as it is known when the Program is written. */
interface WrittenMapping {
  readonly slot: string;
  /** Pages of the buffer that it shows: from `first` on. */
  first: number;
  pages: number;
  readonly shared: boolean;
  /** Bytes that were written to pages of a private mapping. */
  readonly stamps: Map<number, Uint8Array>;
}

/** A buffer with all that its thread has made of it. */
export interface OwnedBuffer {
  readonly buffer: WrittenBuffer;
  /** Bytes that were written to its pages. */
  readonly stamps: Map<number, Uint8Array>;
  readonly mappings: WrittenMapping[];
  /** Pages that were written to through any mapping: there mappings differ if they can. */
  readonly written: Set<number>;
  /** Slots of duplicates of its descriptor. */
  readonly copies: string[];
}

/** More mappings than a table of a few hundred holds. */
const OFTEN = 260;

/**
 * Writes one step on a mapping of a buffer; one that needs a mapping makes one first.
 *
 * @param dice choose the arguments
 */
export function writeMappingStep(
  writer: ThreadWriter,
  one: OwnedBuffer,
  kind: MappingStep,
  dice: Dice,
): void {
  const mapping = one.mappings[dice.below(Math.max(one.mappings.length, 1))];
  if (kind === 'map-wrongly') mapWrongly(writer, one, dice);
  else if (kind === 'map-often') mapOften(writer, one, dice);
  else if (kind === 'map' || kind === 'map-privately' || mapping === undefined) {
    map(writer, one, kind === 'map-privately', dice);
  } else writeOn(writer, one, mapping, kind, dice);
}

function map(writer: ThreadWriter, one: OwnedBuffer, privately: boolean, dice: Dice): void {
  const slot = writer.slot();
  const whole = Number(one.buffer.length / writer.page);
  const first = dice.below(2) === 0 ? dice.below(whole) : 0;
  const pages = dice.below(4) === 0 ? 1 : whole - first;
  writer.add({
    op: 'mmap',
    slot,
    length: BigInt(pages) * writer.page,
    protection: dice.below(6) === 0 ? PROT_READ : PROT_READ | PROT_WRITE,
    flags: privately ? MAP_PRIVATE : MAP_SHARED,
    fd: writer.descriptor(one.buffer),
    offset: BigInt(first) * writer.page,
  });
  one.mappings.push({ slot, first, pages, shared: !privately, stamps: new Map() });
}

/** A mapping that reaches past the end, begins between two pages, or has no bytes. */
function mapWrongly(writer: ThreadWriter, { buffer }: OwnedBuffer, dice: Dice): void {
  const { length } = buffer;
  const { page } = writer;
  const [bytes, offset] = dice.pick<readonly [bigint, bigint]>([
    [length + page, 0n],
    [length + 1n, 0n],
    [page, length],
    [length, page],
    [0n, 0n],
    [page, 1n],
    [page, page - 1n],
    [page, page / 2n],
    [1n << 32n, 0n],
    [page, 1n << 32n],
    [page, 1n << 44n],
    [page, 1n << 45n],
    [page, (1n << 63n) - page],
    [(1n << 63n) - page, 0n],
  ]);
  const fd = writer.descriptor(buffer);
  const slot = writer.slot();
  const flags = MAP_SHARED;
  writer.add({ op: 'mmap', slot, length: bytes, protection: PROT_READ, flags, fd, offset });
}

/** Seldom, because it takes so many operations, and once at most. */
function mapOften(writer: ThreadWriter, { buffer }: OwnedBuffer, dice: Dice): void {
  if (dice.below(8) !== 0 || writer.operations.length >= OFTEN / 2) return;
  const fd = writer.descriptor(buffer);
  const { length } = buffer;
  for (let at = 0; at < OFTEN; at += 1) {
    const slot = writer.slot();
    writer.add({ op: 'mmap', slot, length, protection: PROT_READ, flags: MAP_SHARED, fd });
  }
}

function writeOn(
  writer: ThreadWriter,
  one: OwnedBuffer,
  mapping: WrittenMapping,
  kind: MappingStep,
  dice: Dice,
): void {
  const { page } = writer;
  const address = { slot: mapping.slot };
  const at = dice.below(mapping.pages);
  const offset = BigInt(at) * page;
  if (kind === 'store') {
    store(writer, one, mapping, at);
    if (dice.below(2) === 0) compare(writer, one, mapping, at);
  } else if (kind === 'scan') scan(writer, one, mapping, writtenIn(one, mapping, dice) ?? at);
  else if (kind === 'unmap') {
    const part = dice.below(2) === 0 && mapping.pages > 1;
    const length = part ? page : BigInt(mapping.pages) * page;
    writer.add({ op: 'munmap', address, length, offset: part ? offset : 0n });
    if (!part) one.mappings.splice(one.mappings.indexOf(mapping), 1);
  } else if (kind === 'protect') {
    const protection = dice.pick([PROT_READ, PROT_READ | PROT_WRITE, PROT_NONE, PROT_WRITE]);
    writer.add({ op: 'mprotect', address, length: page, protection, offset });
  } else if (kind === 'remap') {
    remap(writer, one, mapping, dice);
  }
}

/** A page of a mapping that was written to, through this one or through another. */
function writtenIn(
  { written }: OwnedBuffer,
  mapping: WrittenMapping,
  dice: Dice,
): number | undefined {
  const pages = [...written].map((page) => page - mapping.first);
  const inside = pages.filter((page) => page >= 0 && page < mapping.pages);
  return inside.length === 0 ? undefined : dice.pick(inside);
}

/** A page, or what a mapping that was grown may show behind the last. */
function scan(writer: ThreadWriter, one: OwnedBuffer, mapping: WrittenMapping, at: number): void {
  const index = mapping.first + at;
  const stamps = mapping.shared ? one.stamps : mapping.stamps;
  const bytes = stamps.get(index) ?? ZERO;
  const offset = BigInt(at) * writer.page;
  writer.add({
    op: 'scan',
    address: { slot: mapping.slot },
    length: writer.page,
    bytes,
    offset,
  });
}

function store(writer: ThreadWriter, one: OwnedBuffer, mapping: WrittenMapping, at: number): void {
  const bytes = new TextEncoder().encode(writer.slot().padEnd(8, '~').slice(-8));
  const offset = BigInt(at) * writer.page;
  const address = { slot: mapping.slot };
  writer.add({ op: 'store', address, length: writer.page, bytes, offset });
  (mapping.shared ? one.stamps : mapping.stamps).set(mapping.first + at, bytes);
  one.written.add(mapping.first + at);
}

/** Looks at a page through another mapping that shows it. */
function compare(
  writer: ThreadWriter,
  one: OwnedBuffer,
  mapping: WrittenMapping,
  at: number,
): void {
  const page = mapping.first + at;
  const other = one.mappings.find(
    (candidate) =>
      candidate !== mapping && candidate.first <= page && page < candidate.first + candidate.pages,
  );
  if (other !== undefined) scan(writer, one, other, page - other.first);
}

/** Makes a mapping longer or shorter, and looks at what lies behind the buffer then. */
function remap(writer: ThreadWriter, one: OwnedBuffer, mapping: WrittenMapping, dice: Dice): void {
  const { page } = writer;
  const oldLength = BigInt(mapping.pages) * page;
  const pages = dice.pick([mapping.pages + 1, mapping.pages + 2, mapping.pages + 64, 1]);
  const newLength = BigInt(pages) * page;
  const slot = writer.slot();
  const address = { slot: mapping.slot };
  const flags = dice.below(3) === 0 ? 0n : MREMAP_MAYMOVE;
  writer.add({ op: 'mremap', slot, address, oldLength, newLength, flags });
  if (pages <= mapping.pages) {
    mapping.pages = pages;
    return;
  }
  const grown = { ...mapping, slot };
  for (const at of [mapping.pages, pages - 1]) scan(writer, one, grown, at);
}
