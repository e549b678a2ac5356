import type { RegionFacts } from '../contract/index.ts';
import type { AgentFacts } from './facts.ts';

/** An area of CMA, as the agent saw it. */
interface CmaArea {
  readonly name: string;
  /** In the whole area; undefined where the kernel does not say. */
  readonly pages?: bigint;
  /** Pages that somebody had before the session; undefined where the kernel does not say. */
  readonly used?: bigint;
  /** Page frames of its ranges, as {@link MemoryBehind.frames} has them. */
  readonly frames?: string;
}

/** What is known of the memory behind a region. */
export interface MemoryBehind {
  /** What its {@link RegionFacts} have of it. */
  readonly facts: Pick<RegionFacts, 'bounded' | 'sizeBytes' | 'gauge'>;
  /** Its page frames: `0xFIRST-0xLAST`, both ends included, with commas between ranges. */
  readonly frames?: string;
  /** Where it comes from, for readers of the record. */
  readonly source?: string;
  /** Pages that somebody had before the session. */
  readonly used?: bigint;
}

/** Heaps that hand out all of the machine’s memory, or memory that no client may touch. */
const NOT_CMA = /^\/dev\/dma_heap\/(system|protected)/;
/** The heap of the default area, whatever that area is called; Linux 6.17 and later. */
const DEFAULT_HEAP = 'default_cma_region';
/** What Linux calls the default area, by its command line or by its devicetree. */
const DEFAULT_AREAS: readonly string[] = ['reserved', 'linux,cma', 'default-pool'];

/** How a driver says where its region lies. */
const FRAMES = /^0x[0-9a-f]+-0x[0-9a-f]+(,0x[0-9a-f]+-0x[0-9a-f]+)*$/;

/** Of an agent that does not say. */
const PAGE_BYTES = 4096n;

/** A whole number; undefined for anything else, as peers write what they like. */
const wholeIn = (text: string | undefined): bigint | undefined =>
  text !== undefined && /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;

const UNBOUNDED: MemoryBehind = { facts: { bounded: false, gauge: 'MemFree' } };

/**
 * The memory behind a region, by what its driver says of it, by the areas of CMA and by its name.
 * A region that should be CMA on a kernel without any cannot be filled safely, unless its driver
 * says how much it has.
 */
export function regionMemory(index: number, node: string, agent: AgentFacts): MemoryBehind {
  if (NOT_CMA.test(node)) return UNBOUNDED;
  const page = wholeIn(agent.get('page_size')) || PAGE_BYTES;
  const sizeBytes = wholeIn(agent.get(`region.${index}.size_bytes`));
  const memory = agent.get(`region.${index}.memory`);
  const hasCma = Number(agent.get('meminfo.CmaTotal') ?? '0') > 0;
  // A pool that a driver took from the page allocator as it was loaded lies where nobody tells.
  const pool = memory !== undefined && !/cma/i.test(memory);
  const own = agent.get(`region.${index}.frames`);
  const ownFrames = own !== undefined && FRAMES.test(own) ? own : undefined;
  if (!hasCma || pool) {
    if (sizeBytes === undefined || sizeBytes === 0n) return UNBOUNDED;
    return {
      facts: { bounded: true, sizeBytes },
      ...(ownFrames === undefined ? {} : { frames: ownFrames }),
      ...(memory === undefined ? {} : { source: memory }),
    };
  }
  const area = areaOf(node, memory, areasOf(agent, page));
  const bytes = sizeBytes ?? (area?.pages === undefined ? undefined : area.pages * page);
  const size = bytes === undefined ? {} : { sizeBytes: bytes };
  const frames = ownFrames ?? area?.frames;
  return {
    facts: { bounded: true, ...size, gauge: 'CmaFree' },
    ...(frames === undefined ? {} : { frames }),
    ...(area === undefined ? {} : { source: `CMA area ${area.name}` }),
    ...(area?.used === undefined ? {} : { used: area.used }),
  };
}

/** The area of a region: the only one, or the one of its name. */
function areaOf(
  node: string,
  memory: string | undefined,
  areas: readonly CmaArea[],
): CmaArea | undefined {
  const name = node.slice(node.lastIndexOf('/') + 1);
  const named = areas.find((area) => area.name === name || memory?.endsWith(` ${area.name}`));
  if (named !== undefined) return named;
  if (areas.length === 1) return areas[0];
  if (name !== DEFAULT_HEAP) return undefined;
  const defaults = areas.filter((area) => DEFAULT_AREAS.includes(area.name));
  return defaults.length === 1 ? defaults[0] : undefined;
}

function areasOf(agent: AgentFacts, page: bigint): readonly CmaArea[] {
  const reserved = reservedRange(agent, page);
  const areas: CmaArea[] = [];
  for (let index = 0; ; index += 1) {
    const name = agent.get(`cma.${index}`);
    if (name === undefined) break;
    const pages = wholeIn(agent.get(`cma.${index}.pages`));
    const used = wholeIn(agent.get(`cma.${index}.used`));
    const frames = framesIn(agent.get(`cma.${index}.ranges`) ?? '');
    areas.push({
      name,
      ...(pages === undefined ? {} : { pages }),
      ...(used === undefined ? {} : { used }),
      ...(frames === undefined ? {} : { frames }),
    });
  }
  if (areas.length === 0) return reserved === undefined ? [] : [reserved];
  const [only] = areas;
  if (areas.length > 1 || only === undefined || only.frames !== undefined) return areas;
  // Only sysfs tells of it, and it does not tell where.
  return reserved !== undefined && (only.pages ?? reserved.pages) === reserved.pages
    ? [{ ...only, ...reserved, name: only.name }]
    : areas;
}

/**
 * The area that the kernel’s log told of, where nothing else does. All of CMA is then this one:
 * otherwise it would not be known which of several a region has.
 */
function reservedRange(agent: AgentFacts, page: bigint): CmaArea | undefined {
  const [, address, bytes] = /^(0x[0-9a-f]+)\+(\d+)$/.exec(agent.get('cma.reserved') ?? '') ?? [];
  if (address === undefined || bytes === undefined) return undefined;
  const total = (wholeIn(agent.get('meminfo.CmaTotal')) ?? 0n) * 1024n;
  if (total !== BigInt(bytes)) return undefined;
  const pages = BigInt(bytes) / page;
  const frames = rangeText(BigInt(address) / page, pages);
  return { name: 'reserved', pages, frames };
}

/** `0xFRAME+PAGES` with commas between, as ranges with both ends; undefined for anything else. */
function framesIn(text: string): string | undefined {
  const ranges = text.split(',').map((part) => /^(0x[0-9a-f]+)\+(\d+)$/.exec(part));
  const texts = ranges.map((found) => {
    const [, first, pages] = found ?? [];
    if (first === undefined || pages === undefined || pages === '0') return undefined;
    return rangeText(BigInt(first), BigInt(pages));
  });
  return texts.includes(undefined) ? undefined : texts.join(',');
}

const rangeText = (first: bigint, pages: bigint): string =>
  `0x${first.toString(16)}-0x${(first + pages - 1n).toString(16)}`;
