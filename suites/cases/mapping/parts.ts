import {
  linux,
  type Operation,
  outcomePhrase,
  type Result,
  succeeded,
  wordOf,
} from '../../../adapters/contract/index.ts';
import { pattern } from '../../kit/contents.ts';
import { type Allocation, type CaseContext, SUBJECT } from '../../kit/context.ts';
import { Inconclusive } from '../../kit/observation.ts';
import { pagePattern, patternFrom } from '../../kit/page-pattern.ts';
import { requireAll } from '../../kit/require-all.ts';

const { MAP_SHARED, PROT_READ, PROT_WRITE } = linux;
const PROTECTION = PROT_READ | PROT_WRITE;
/** Pages at which parts begin: both sides of each chunk, odd ones among them. */
const OFFSETS = [0n, 1n, 2n, 7n, 15n, 16n, 17n, 63n, 64n, 65n, 254n, 255n, 256n, 257n, 1023n];
/** Buffers of one page that fill what larger ones left over. */
const TAKEN_MAX = 512n;

/** The offsets in pages at which parts of a buffer begin, its last page included. */
export const offsetsUpTo = (last: bigint): readonly bigint[] => [
  ...OFFSETS.filter((page) => page < last),
  last,
];

/** Maps all of a buffer, and reads back what was written: something else in each page. */
export async function observeWhole(
  context: CaseContext,
  { fd }: Allocation,
  length: bigint,
): Promise<void> {
  const address = { slot: 'whole' };
  const bytes = pagePattern(Number(length / context.page), 1);
  const [[mapped, stored, scan] = []] = (
    await context.runSteps(SUBJECT, [
      { op: 'mmap', slot: 'whole', length, protection: PROTECTION, flags: MAP_SHARED, fd },
      { op: 'store', address, length, bytes },
      { op: 'scan', address, length, bytes },
      { op: 'munmap', address, length },
    ])
  ).threads;
  const map = mapped === undefined ? 'none' : wordOf(mapped);
  context.observe('MAP-01', 'map', map, `mmap of all ${length} bytes: ${map}`);
  if (map !== 'ok') return;
  const word = writtenWord(stored, scan, length);
  const detail = `a pattern written to all ${length} bytes and read back: ${word}`;
  context.observe('MAP-01', 'pattern', word, detail);
}

function writtenWord(stored: Result | undefined, scan: Result | undefined, length: bigint): string {
  if (stored === undefined || !succeeded(stored)) return outcomeOf(stored);
  return scannedWord(scan, length);
}

const outcomeOf = (result: Result | undefined): string =>
  result === undefined ? 'none' : wordOf(result);

function scannedWord(scan: Result | undefined, length: bigint): string {
  if (scan === undefined || !succeeded(scan)) return outcomeOf(scan);
  return scan.value === length ? 'own-bytes' : 'other-bytes';
}

/** Takes buffers until there are no more, and writes to each through a mapping of all of it. */
export async function observeUntilFull(
  context: CaseContext,
  family: string,
  length: bigint,
): Promise<void> {
  const device = await context.device();
  const fd = context.descriptorIn(`${family}[i]`);
  const address = { slot: `${family}-view` };
  const bytes = pattern(0x96);
  const body: Operation[] = [
    context.allocationStep(fd.slot, device, { length }),
    { op: 'mmap', slot: address.slot, length, protection: PROTECTION, flags: MAP_SHARED, fd },
    { op: 'store', address, length, bytes },
    { op: 'scan', address, length, bytes },
    { op: 'munmap', address, length },
  ];
  const loop: Operation = { op: 'repeat', times: TAKEN_MAX, stop: 'failure', body };
  const [[result] = []] = (await context.runSteps(SUBJECT, [loop])).threads;
  const [, map, store, scan] = result?.steps ?? [];
  const [unmapped] = Object.keys(map?.failures ?? {});
  const [unwritten] = Object.keys(store?.failures ?? {});
  const [unread] = Object.keys(scan?.failures ?? {});
  const buffers = `${map?.succeeded ?? 0n} buffers of ${length} bytes alive`;
  if (map === undefined || map.succeeded + map.failed === 0n) return;
  const mapped = unmapped ?? 'ok';
  context.observe('MAP-01', 'map', mapped, `${buffers}, mmap of all of each: ${mapped}`);
  const word = unwritten ?? unread ?? 'own-bytes';
  context.observe('MAP-01', 'pattern', word, `${buffers}, each written and read back: ${word}`);
}

/** Maps parts of a buffer from pages on, one page and all up to the end, and reads them. */
export async function observeParts(
  context: CaseContext,
  buffer: Allocation,
  length: bigint,
  offsets: readonly bigint[],
): Promise<void> {
  const { page } = context;
  const bytes = pagePattern(Number(length / page), 2);
  const whole = await context.map(buffer, length);
  const { ok, word: written } = await context.subject.store({ address: whole, length, bytes });
  if (!ok)
    throw new Inconclusive(`blocked: writing to ${length} mapped bytes ${outcomePhrase(written)}`);
  const parts = offsets.flatMap((index) => {
    const offset = index * page;
    const lengths = new Set([page, length - offset]);
    return [...lengths].map((part) => ({ offset, length: part }));
  });
  const words = await partWords(
    context,
    buffer,
    parts.map((part) => ({ ...part, bytes: patternFrom(bytes, part.offset) })),
  );
  for (const [index, part] of parts.entries()) {
    const word = words[index] ?? 'none';
    const name = `${part.length} of ${length} bytes mapped from page ${part.offset / page} on`;
    context.observe('MAP-08', 'pages', word, `${name}: ${word}`);
  }
  await context.subject.munmap({ address: whole, length });
}

/** Writes a byte of its own to some pages of a buffer, and maps each of them alone. */
export async function observePages(
  context: CaseContext,
  buffer: Allocation,
  pages: readonly bigint[],
): Promise<void> {
  const { page } = context;
  const last = pages.at(-1) ?? 0n;
  const whole = await context.map(buffer, (last + 1n) * page);
  const parts = pages.map((index, order) => ({
    offset: index * page,
    length: page,
    bytes: pattern(order + 1),
  }));
  const stores = await context.runSteps(
    SUBJECT,
    parts.map((part): Operation => ({ op: 'store', address: { slot: whole.slot }, ...part })),
  );
  requireAll(stores.threads[0] ?? [], 'writing to a mapped page');
  const words = await partWords(context, buffer, parts);
  for (const [index, { offset }] of parts.entries()) {
    const word = words[index] ?? 'none';
    context.observe('MAP-08', 'pages', word, `page ${offset / page} mapped alone: ${word}`);
  }
}

interface Part {
  /** Bytes from the start of the buffer. */
  readonly offset: bigint;
  readonly length: bigint;
  /** What the part is to hold, repeated. */
  readonly bytes: Uint8Array;
}

/** What each part shows through a mapping of its own, in one word. */
async function partWords(
  context: CaseContext,
  { fd }: Allocation,
  parts: readonly Part[],
): Promise<readonly string[]> {
  const address = { slot: 'part' };
  const steps = parts.flatMap(({ offset, length, bytes }): Operation[] => [
    { op: 'mmap', slot: 'part', length, protection: PROT_READ, flags: MAP_SHARED, fd, offset },
    { op: 'scan', address, length, bytes },
    { op: 'munmap', address, length },
  ]);
  const [results = []] = (await context.runSteps(SUBJECT, steps)).threads;
  return parts.map(({ length }, index) => {
    const mapped = results[index * 3];
    const refused = mapped === undefined || !succeeded(mapped);
    return refused ? outcomeOf(mapped) : scannedWord(results[index * 3 + 1], length);
  });
}
