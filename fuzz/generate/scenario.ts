import type {
  Capability,
  Program,
  RegionFacts,
  TargetFacts,
} from '../../adapters/contract/index.ts';
import type { Abi } from '../../catalogue/catalogue.ts';

/** The facts of a target that generators need. */
export interface GeneratorContext {
  readonly abi: Abi;
  /** Bytes in a page. */
  readonly page: bigint;
  readonly region: RegionFacts;
  /** The other regions of the same kind. */
  readonly others: readonly RegionFacts[];
  readonly capabilities: ReadonlySet<Capability>;
  /** Bytes that the live buffers of one scenario may have together, as asked for. */
  readonly memoryLimit: bigint;
  /** Set where calls take the time of a machine; elsewhere steps have durations of their own. */
  readonly isTimed?: true;
  /** Set where the kernel says which edges of its code a case has taken. */
  readonly tellsEdges?: true;
  /** Set where the kernel counts the pages of CMA's areas, and nothing else in the machine takes any. */
  readonly countsAreas?: true;
}

/** Programs that are run one after the other in one case, and the mode that made them. */
export interface Scenario {
  readonly mode: string;
  readonly programs: readonly Program[];
}

/** Operations of a scenario. */
export function operationsIn({ programs }: Scenario): number {
  let count = 0;
  for (const { threads } of programs) for (const one of threads) count += one.operations.length;
  return count;
}

/** Programs without threads that do nothing, and without Programs that have no thread left. */
export const withoutIdleThreads = (programs: readonly Program[]): Program[] =>
  programs
    .map((program) => ({
      ...program,
      threads: program.threads.filter(({ operations }) => operations.length > 0),
    }))
    .filter(({ threads }) => threads.length > 0);

/** Milliseconds for one Program of a scenario. */
export const DEADLINE_MS = 10_000;

/** Picks the facts of a target that generators need. */
export function generatorContext(
  facts: TargetFacts,
  region: RegionFacts,
  abi: Abi,
  memoryLimit: bigint,
): GeneratorContext {
  return {
    abi,
    page: BigInt(facts.pageSize),
    region,
    others: facts.regions.filter((one) => one !== region && one.abi === region.abi),
    capabilities: new Set(facts.capabilities),
    memoryLimit,
    ...(TIMED.includes(facts.kind) ? { isTimed: true } : {}),
    ...(facts.details.edges === undefined ? {} : { tellsEdges: true }),
    ...(countsAreas(facts, region) ? { countsAreas: true } : {}),
  };
}

const TIMED: readonly TargetFacts['kind'][] = ['native', 'vm', 'remote'];

/** A guest has nothing to do but this; the areas were read as its session began. */
const countsAreas = ({ details, kind }: TargetFacts, { gauge, name }: RegionFacts): boolean =>
  kind === 'vm' && gauge === 'CmaFree' && details[`${name} used`] !== undefined;

/** Pages that the live buffers of a scenario may have together. */
export const pagesAllowed = ({ memoryLimit, page, region }: GeneratorContext): bigint => {
  const size = region.bounded ? (region.sizeBytes ?? memoryLimit) : memoryLimit;
  return (size < memoryLimit || region.bounded ? size : memoryLimit) / page;
};

/**
 * Whether a length is 0 in whole pages of 64 bits, so that it is refused and takes nothing. Other
 * lengths are given out by an unbounded region, page by page until the OOM killer comes, however
 * much longer than the memory they are.
 */
export const isNothing = (length: bigint, page: bigint): boolean =>
  length === 0n || length > (1n << 64n) - page;
