/**
 * The page frames behind buffers. /proc/self/pagemap tells them where a driver maps pages; of what
 * it maps by frame number (VM_PFNMAP) the kernel says nothing there. Then each page is written to,
 * and what was written is looked for in the machine's memory: see `locate` of the table.
 */
import {
  type Operation,
  outcomePhrase,
  pageFramesIn,
  type RegionFacts,
  type Result,
  succeeded,
  type TargetFacts,
  wordOf,
} from '../../adapters/contract/index.ts';
import { type FrameRange, frameRangesOf } from '../../oracles/index.ts';
import { type Allocation, type CaseContext, SUBJECT } from './context.ts';
import type { Crowd, Member } from './crowd.ts';
import { Skip } from './observation.ts';
import { pagePattern, patternFrom } from './page-pattern.ts';

/** A mapping of a whole buffer. */
type View = Pick<Member, 'view' | 'length'>;

/** A part of a mapping. */
type Piece = View & { readonly offset: bigint };

/** The most pages with one pattern: the request with it lies in memory, and must not be found. */
const PIECE_PAGES = 1024n;
/** Bytes at the beginning of a page, and in its middle, by which it is known. */
const HALF_KEY_BYTES = 8;
/** Pages that one `locate` can look for. */
const KEYS_MAX = 4096;
/** How often it is looked for other bytes until the frames are the same twice in a row. */
const TRIES = 5;
/** Where a page is whose bytes are there twice. */
const TWICE = (1n << 64n) - 1n;
/** Patterns that one look may use, one for each buffer, and those of all looks of a case. */
const SEEDS = 1 << 10;
const SEEDS_OF_A_CASE = 1 << 16;

/**
 * The page frames behind a buffer, in the order of its pages.
 *
 * @throws {@link Skip} when the target does not tell them
 */
export async function pageFramesOf(
  context: CaseContext,
  buffer: Allocation,
  length: bigint,
): Promise<readonly bigint[]> {
  const view = await context.map(buffer, length);
  try {
    const [frames = []] = await framesOfViews(context, [{ view, length }]);
    return frames;
  } finally {
    await context.subject.munmap({ address: view, length });
  }
}

/** {@link pageFramesOf}; undefined when the target does not tell them. */
export async function pageFramesIfTold(
  context: CaseContext,
  buffer: Allocation,
  length: bigint,
): Promise<readonly bigint[] | undefined> {
  if (!context.facts.capabilities.includes('frames')) return undefined;
  try {
    return await pageFramesOf(context, buffer, length);
  } catch (thrown) {
    if (thrown instanceof Skip) return undefined;
    throw thrown;
  }
}

/**
 * The page frames behind each buffer of a crowd, whose contents may be others afterwards.
 *
 * @throws {@link Skip} when the target does not tell them
 */
export async function framesOfCrowd(
  context: CaseContext,
  crowd: Crowd,
): Promise<readonly (readonly bigint[])[]> {
  return framesOfViews(context, crowd.members);
}

async function framesOfViews(
  context: CaseContext,
  views: readonly View[],
): Promise<readonly (readonly bigint[])[]> {
  const looks = await onEach(context, views, ({ view, length }) => ({
    op: 'frames',
    address: view,
    length,
  }));
  const told = looks.map((look) => framesIn(look, '/proc/self/pagemap'));
  if (!told.flat().includes(0n)) return told;
  return locateViews(context, views);
}

/**
 * Writes to each page what no other has, and looks for it; then once more with other bytes. Memory
 * that was freed keeps what was in it, so what is found once may have been left by somebody else:
 * only frames that change with the buffers are theirs.
 */
async function locateViews(
  context: CaseContext,
  views: readonly View[],
): Promise<readonly (readonly bigint[])[]> {
  let before: readonly bigint[] = [];
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const frames = await locateOnce(context, views);
    const all = frames.flat();
    const same = all.every((frame, page) => frame === before[page]);
    if (same && !all.includes(TWICE)) return frames;
    before = all;
  }
  throw new Skip('the bytes written to a page are in memory more than once');
}

/** Writes to all, then looks. What was written to a page that buffers share is the last one's. */
async function locateOnce(
  context: CaseContext,
  views: readonly View[],
): Promise<readonly (readonly bigint[])[]> {
  const found: (readonly bigint[])[] = [...(await writeAndFind(context, views))];
  for (const [index, view] of views.entries()) {
    if (found[index]?.includes(0n) !== true) continue;
    // Another may have written over it: alone it is found, at the frame of the other.
    const [alone = []] = await writeAndFind(context, [view]);
    if (alone.includes(0n)) throw new Skip('the target hides the page frames of buffers');
    found[index] = alone;
  }
  return found;
}

async function writeAndFind(
  context: CaseContext,
  views: readonly View[],
): Promise<readonly (readonly bigint[])[]> {
  const seed = nextSeed(context);
  const pieces = views.flatMap((view) => piecesOf(view, context.page));
  const patterns = pieces.map(({ length }, index) =>
    pagePattern(Number(length / context.page), seed + index),
  );
  const stores = await onEach(context, pieces, ({ view, offset, length }, index) => ({
    op: 'store',
    address: view,
    offset,
    length,
    bytes: patterns[index] ?? new Uint8Array(1),
  }));
  const failed = stores.find((result) => !succeeded(result));
  if (failed !== undefined) {
    throw new Skip(
      `pages are looked for by their bytes, and writing them ${outcomePhrase(wordOf(failed))}`,
    );
  }
  const keys = pieces.flatMap(({ length }, index) =>
    keysOf(patterns[index] ?? new Uint8Array(1), length, context.page),
  );
  return dealt(await locateKeys(context, keys), views, context.page);
}

/** Parts of a buffer with a pattern each, none so long that it fills a page by itself. */
function piecesOf({ view, length }: View, page: bigint): readonly Piece[] {
  const pieces: Piece[] = [];
  const most = PIECE_PAGES * page;
  for (let offset = 0n; offset < length; offset += most) {
    const left = length - offset;
    pieces.push({ view, offset, length: left < most ? left : most });
  }
  return pieces;
}

/** The pages' keys, of 16 bytes each: where the pattern is at the start, and in the middle. */
function keysOf(pattern: Uint8Array, length: bigint, page: bigint): readonly Uint8Array[] {
  return Array.from({ length: Number(length / page) }, (_, index) => {
    const start = BigInt(index) * page;
    const halves = [start, start + page / 2n].map((at) => {
      const turned = patternFrom(pattern, at);
      return Uint8Array.from({ length: HALF_KEY_BYTES }, (_unused, byte) =>
        Number(turned[byte % turned.length]),
      );
    });
    return Uint8Array.from(halves.flatMap((half) => [...half]));
  });
}

/** In the region first, where the target says where that is: all of memory takes long. */
async function locateKeys(
  context: CaseContext,
  keys: readonly Uint8Array[],
): Promise<readonly bigint[]> {
  const frames = new Array<bigint>(keys.length).fill(0n);
  const everywhere = { first: 0n, last: -1n };
  const ranges = frameRangesOf(context.facts, context.region) ?? [];
  for (const { first, last } of [...ranges, everywhere]) {
    const missing = frames.flatMap((frame, index) => (frame === 0n ? [index] : []));
    for (let at = 0; at < missing.length; at += KEYS_MAX) {
      const asked = missing.slice(at, at + KEYS_MAX);
      const bytes = Uint8Array.from(asked.flatMap((index) => [...(keys[index] ?? [])]));
      const inverted = bytes.map((byte) => ~byte);
      const { result } = await context.subject.locate({
        bytes: inverted,
        first,
        count: last - first + 1n,
      });
      const found = framesIn(result, '/proc/kcore');
      for (const [index, frame] of found.entries()) frames[Number(asked[index])] = frame;
    }
  }
  return frames;
}

/** Frames of all pages, as those of each view. */
function dealt(
  frames: readonly bigint[],
  views: readonly View[],
  page: bigint,
): readonly (readonly bigint[])[] {
  let at = 0;
  return views.map(({ length }) => {
    const pages = Number(length / page);
    at += pages;
    return frames.slice(at - pages, at);
  });
}

/** Where the patterns of a case begin that were not written yet. */
const seeds = new WeakMap<CaseContext, number>();

function nextSeed(context: CaseContext): number {
  const seed = seeds.get(context) ?? hashOf(context.caseId) * SEEDS_OF_A_CASE;
  seeds.set(context, seed + SEEDS);
  return seed;
}

function hashOf(text: string): number {
  let hash = 0;
  for (const character of text) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  return hash % 0xffff;
}

async function onEach<Each>(
  context: CaseContext,
  views: readonly Each[],
  operation: (view: Each, index: number) => Operation,
): Promise<readonly Result[]> {
  const history = await context.runSteps(SUBJECT, views.map(operation));
  return history.threads[0] ?? [];
}

function framesIn(result: Result | undefined, source: string): readonly bigint[] {
  if (result === undefined || !succeeded(result)) {
    const word = result === undefined ? 'nothing' : wordOf(result);
    throw new Skip(`page frames cannot be looked up here: ${source} ${outcomePhrase(word)}`);
  }
  return pageFramesIn(result.out);
}

/**
 * The page frames of a region, as the target tells them.
 *
 * @throws {@link Skip} when it does not
 */
export function regionFrames(facts: TargetFacts, region: RegionFacts): readonly FrameRange[] {
  const ranges = frameRangesOf(facts, region);
  if (ranges === undefined) throw new Skip('the target does not tell where its regions lie');
  return ranges;
}
