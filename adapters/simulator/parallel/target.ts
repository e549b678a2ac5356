import { HEAD, type PackedClient, type PackedTarget } from '../../contract/packed.ts';
import type { CmaAllocator } from '../buffers/allocator.ts';
import type { DmaBuf } from '../buffers/dma-buf.ts';
import { PageMap } from '../buffers/page-map.ts';
import { bootResidue, type Region } from '../buffers/region.ts';
import type { AddressSpace } from '../kernel/address-space.ts';
import { KernelLog } from '../kernel/kernel-log.ts';
import type { ParallelClient } from './client.ts';
import { SharedLock } from './shared-lock.ts';
import { PAGE_BYTES, SharedPages } from './shared-pages.ts';

/** Words of the target, each on a cache line of its own, and where the pages' words begin. */
const LOCK = HEAD.target;
const TAKEN = LOCK + 16;
const MAP = TAKEN + 16;

/** The region that threads contend for. */
export interface ParallelSettings {
  readonly pageBytes: number;
  /** A multiple of the page size. */
  readonly regionBytes: number;
  /** The largest order to which buffers are aligned. */
  readonly orderMax: number;
}

/** The classes that each thread's machine is made of. */
export interface ParallelParts {
  readonly AddressSpace: typeof AddressSpace;
  readonly Region: typeof Region;
  readonly CmaAllocator: typeof CmaAllocator;
  readonly DmaBuf: typeof DmaBuf;
  readonly ParallelClient: typeof ParallelClient;
}

/**
 * The simulator in parallel mode: threads that run straight through, each a client of its own, and
 * contend for the pages of one region. They share the bitmap of pages, how many are taken, and what
 * is in them, under the region's lock: without it two could find the same pages.
 */
export function parallelTarget(settings: ParallelSettings, parts: ParallelParts): PackedTarget {
  const pages = settings.regionBytes / settings.pageBytes;
  const contents = MAP + PageMap.wordsFor(pages);
  const storeOf = (memory: Int32Array): SharedPages =>
    new SharedPages(memory.subarray(contents, contents + pages));
  return {
    pages,
    orderMax: settings.orderMax,
    words: contents + pages,
    format: (memory) => {
      memory.fill(0, HEAD.target, contents);
      const store = storeOf(memory);
      for (let page = 0; page < pages; page += 1) store.fill(page, bootResidue(page));
    },
    join: (memory) => join(settings, parts, memory, storeOf(memory)),
  };
}

function join(
  { orderMax, pageBytes, regionBytes }: ParallelSettings,
  { AddressSpace, CmaAllocator, DmaBuf, ParallelClient, Region }: ParallelParts,
  memory: Int32Array,
  store: SharedPages,
): PackedClient {
  const pageCount = regionBytes / pageBytes;
  const log = new KernelLog();
  const words = memory.subarray(MAP, MAP + PageMap.wordsFor(pageCount));
  const region = new Region(pageCount * PAGE_BYTES, PAGE_BYTES, 0, {
    map: new PageMap(pageCount, words),
    taken: memory.subarray(TAKEN, TAKEN + 1),
    store,
    lock: new SharedLock(memory, LOCK),
  });
  let inode = 1;
  const allocator = new CmaAllocator({
    ...{ region, regions: [region], log, orderMax, zeroing: true, DmaBuf },
    unlucky: () => false,
    work: () => {},
    nextInode: () => inode++,
  });
  return new ParallelClient({ memory, region, pages: store, allocator, AddressSpace, log });
}
