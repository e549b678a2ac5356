import { HEAD, type PackedClient, type PackedTarget } from '../../contract/packed.ts';
import { CmaAllocator } from '../buffers/allocator.ts';
import { bootResidue, Region } from '../buffers/region.ts';
import { KernelLog } from '../kernel/kernel-log.ts';
import { PageMap } from '../kernel/page-map.ts';
import type { SimulatorOptions } from '../options.ts';
import { ParallelClient } from './client.ts';
import { SharedLock } from './shared-lock.ts';
import { PAGE_BYTES, SharedPages } from './shared-pages.ts';

/** Words of the target, each on a cache line of its own, and where the pages' words begin. */
const LOCK = HEAD.target;
const TAKEN = LOCK + 16;
const MAP = TAKEN + 16;

/** Defects that show in parallel mode: those of pages, of what is in them, and of descriptors. */
const PARALLEL_DEFECTS: readonly string[] = [
  ...['region-search-unlocked', 'overlapping-buffers', 'search-never-wraps', 'leak-on-close'],
  ...['frees-one-page-more', 'freed-on-first-close', 'leak-one-in-64', 'descriptor-not-lowest'],
  ...['no-zeroing', 'first-page-zeroed', 'odd-pages-not-zeroed', 'half-page-zeroed'],
  ...['tail-byte-not-zeroed'],
];

/** No defects: an answer that the compiler knows costs nothing, where asking a Set is a call. */
class Faultless extends Set<string> {
  override has(): boolean {
    return false;
  }
}

/**
 * The simulator in parallel mode: threads that run straight through, each a client of its own, and
 * contend for the pages of one region. What they share is the bitmap of pages, how many are taken,
 * and what is in them, under the region's lock; without the lock (a defect) two can find the same.
 *
 * @returns undefined when a defect is on, or a chance, that parallel mode would not show
 */
export function parallelTarget(options: SimulatorOptions): PackedTarget | undefined {
  const { behaviour, defects, transient } = options;
  const shown = [...defects].every((name) => PARALLEL_DEFECTS.includes(name));
  if (!shown || transient > 0 || behaviour !== 'hardened') return undefined;
  const pages = options.regionBytes / options.pageBytes;
  const contents = MAP + PageMap.wordsFor(pages);
  const storeOf = (memory: Int32Array): SharedPages =>
    new SharedPages(memory.subarray(contents, contents + pages));
  return {
    pages,
    orderMax: options.orderMax,
    words: contents + pages,
    format: (memory) => {
      memory.fill(0, HEAD.target, contents);
      const store = storeOf(memory);
      for (let page = 0; page < pages; page += 1) store.fill(page, bootResidue(page));
    },
    join: (memory) => joined(options, memory, storeOf(memory)),
  };
}

function joined(options: SimulatorOptions, memory: Int32Array, store: SharedPages): PackedClient {
  const { orderMax } = options;
  const defects = options.defects.size === 0 ? new Faultless() : options.defects;
  const pageCount = options.regionBytes / options.pageBytes;
  const log = new KernelLog();
  const words = memory.subarray(MAP, MAP + PageMap.wordsFor(pageCount));
  const locked = !defects.has('region-search-unlocked');
  const region = new Region(pageCount * PAGE_BYTES, PAGE_BYTES, 0, {
    map: new PageMap(pageCount, words),
    taken: memory.subarray(TAKEN, TAKEN + 1),
    store,
    ...(locked ? { lock: new SharedLock(memory, LOCK) } : {}),
  });
  let inode = 1;
  const allocator = new CmaAllocator({
    ...{ region, regions: [region], log, defects, orderMax, zeroing: true },
    unlucky: () => false,
    nextInode: () => inode++,
  });
  return new ParallelClient({ memory, region, pages: store, allocator, defects, log });
}
