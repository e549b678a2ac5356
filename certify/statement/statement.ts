import type { AbiName } from '../../adapters/contract/index.ts';

/** The version of the format of statements; readers refuse another one. */
export const STATEMENT_VERSION = 1;

/** What stands in a draft where only a person knows the answer. */
export const BLANK = 'FILL-IN';

/** The product as its vendor names it. */
export interface StatedProduct {
  readonly name: string;
  readonly vendor: string;
  readonly version: string;
  /** Where questions about the product are answered. */
  readonly contact: string;
}

/** A region that the product has. */
export interface StatedRegion {
  /** The device node, as the target names it. */
  readonly node: string;
  /** Whether it ends: an unbounded one hands out all of memory. */
  readonly bounded: boolean;
  /** Bytes in it; left out: unbounded, or not told. */
  readonly sizeBytes?: bigint;
  /** What Android's dma_heap.json declares of it, carried along; it is not judged. */
  readonly npu?: readonly StatedNpu[];
}

/** What a heap may be used for by neural processors, as Android declares it. */
export interface StatedNpu {
  readonly deviceNumbers: readonly number[];
  readonly bufferTypes: readonly string[];
}

/** A rule that the product is known not to keep. */
export interface StatedDeviation {
  /** The requirement's id. */
  readonly requirement: string;
  /** The erratum that allows it; left out where the profile itself knows the deviation. */
  readonly erratum?: string;
  readonly reason: string;
  /** The last day on which it counts, in UTC; left out: until the erratum is withdrawn. */
  readonly expires?: string;
}

/** A consistency rule that the statement may break, by leave of an erratum. */
export interface StatedErratum {
  readonly id: string;
  /** The name of the rule, see consistency.ts. */
  readonly contradicts: string;
  readonly reason: string;
}

/** What a tester needs to know: the answers that Bluetooth calls IXIT. */
export interface StatedTesting {
  /** Bits of the programs that call. */
  readonly callerBits: 32 | 64;
  /** Operations that the target offers programs. */
  readonly operations: readonly string[];
  /** Whether the kernel shows where the page frames of buffers lie. */
  readonly pageFrames: boolean;
  /** Whether devices can be registered by a test-control node. */
  readonly testControl: boolean;
  /** Whether nothing else allocates from the regions during a test. */
  readonly idle: boolean;
  /** The person who answered. */
  readonly answeredBy: string;
}

/** An Implementation Conformance Statement: what a vendor claims of a product. */
export interface Statement {
  readonly product: StatedProduct;
  readonly abi: AbiName;
  /** The profile that is to hold. */
  readonly profile: string;
  /** Bytes of a page. */
  readonly pageSize: number;
  /** Bytes: buffers begin at a multiple of their size, rounded to a power of two, up to this. */
  readonly alignment: bigint;
  readonly regions: readonly StatedRegion[];
  readonly limits: {
    /** Bytes of the largest buffer; undefined: as large as the region. */
    readonly largestBuffer?: bigint;
    /** Buffers that a process may hold; undefined: as many as its table has descriptors. */
    readonly descriptors?: number;
  };
  /** Whether the product has each optional feature, by name; see features.ts. */
  readonly features: Readonly<Record<string, boolean>>;
  readonly deviations: readonly StatedDeviation[];
  readonly errata: readonly StatedErratum[];
  readonly testing: StatedTesting;
}
