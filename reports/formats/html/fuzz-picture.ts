import type { Operation, Result, TargetFacts } from '../../../adapters/contract/index.ts';
import type { RequirementFacts } from '../../record/record.ts';

/** A campaign of the fuzzer, as a report shows it. Plain data. */
export interface CampaignPicture {
  /** URL of the target as typed, and what it said of itself, where that is known. */
  readonly target: string;
  readonly facts?: TargetFacts;
  /** Version of allocert. */
  readonly allocert: string;
  readonly seed: string;
  readonly profile?: string;
  readonly memoryLimit?: string;
  readonly modes: readonly FuzzMode[];
  readonly startedAt?: string;
  /** Why it stopped early; empty when its budget was spent. */
  readonly unfinished: string;
  readonly samples: readonly FuzzSample[];
  /** Bytes of all regions together, where each is bounded. */
  readonly regionBytes?: bigint;
  /** Rounds that killed their worker. */
  readonly suspects: readonly { readonly round: number; readonly why: string }[];
  readonly findings: readonly FuzzPicture[];
  /** Findings of one cause, as their places above; the one that shows the cause is the first. */
  readonly groups: readonly FuzzGroup[];
}

/** Findings that one cause ties together. */
export interface FuzzGroup {
  readonly places: readonly [number, ...number[]];
  /** The cause in words; empty where it was not proved, and the group is one finding. */
  readonly cause: string;
}

/** The rounds of a mode, counted. */
export interface FuzzMode {
  readonly name: string;
  readonly rounds: number;
  readonly operations: number;
  /** Rounds in which something was found, known or new. */
  readonly broken: number;
}

/** The work of a campaign in a stretch of time; the stretches follow each other. */
export interface FuzzSample {
  readonly ms: number;
  readonly operations: number;
  /** The most bytes that buffers of one round surely had together. */
  readonly peakBytes: bigint;
}

/** A finding, to be drawn. Times are nanoseconds on the target's clock. */
export interface FuzzPicture {
  readonly signature: string;
  /** The observation, in a few words and in a sentence. */
  readonly kind: string;
  readonly detail: string;
  /** The observation that the oracle asks for. */
  readonly expected: string;
  readonly oracle: string;
  /** Signatures of what else the same steps show each time. */
  readonly faces: readonly string[];
  /** The rule that is broken; just its id when the catalogue no longer has it. */
  readonly rule: Pick<RequirementFacts, 'id'> & Partial<RequirementFacts>;
  readonly mode: string;
  readonly round: number;
  readonly reproduced?: { readonly times: number; readonly of: number };
  /** Operations as found, before shrinking. */
  readonly operationsFound: number;
  /** The command that runs it again. */
  readonly again: string;
  /** Files of the finding, beside the report: its JSON, and a C program that shows it. */
  readonly file: string;
  readonly reproducer?: string;
  /** Bytes in a page. */
  readonly pageSize: number;
  readonly buffers: readonly FuzzBuffer[];
  /** The smallest schedule that still shows the finding, by Program, thread and order. */
  readonly schedule: readonly FuzzStep[];
  /** Kernel log lines that appeared meanwhile. */
  readonly log: readonly string[];
}

/** A time; without an end when nothing ended it. */
export interface FuzzInterval {
  readonly from: bigint;
  readonly until: bigint | undefined;
}

/** A buffer that an operation of the schedule allocated. */
export interface FuzzBuffer {
  /** Its name in the schedule, as in `buffer1`. */
  readonly name: string;
  /** Place of the allocation in the schedule. */
  readonly made: number;
  readonly pages: number;
  /** When it surely lived. */
  readonly lives: readonly FuzzInterval[];
  /** Runs of page frames, where the target told them. */
  readonly frames: readonly FrameRun[];
  readonly holdings: readonly FuzzHolding[];
}

/** Page frames that follow each other. */
export interface FrameRun {
  readonly first: bigint;
  readonly count: number;
}

/** A descriptor or a mapping that keeps a buffer alive. */
export interface FuzzHolding extends FuzzInterval {
  readonly kind: 'descriptor' | 'mapping';
  readonly client: string;
  /** The descriptor, or the address of the mapping. */
  readonly value: bigint;
}

/** One operation of a schedule. */
export interface FuzzStep {
  /** Index of its Program, and of its thread there. */
  readonly program: number;
  readonly thread: number;
  /** The thread's name, as in `main a`. */
  readonly client: string;
  readonly operation: Operation;
  /** The request and the result in words; the result is empty when nothing is known of it. */
  readonly asks: string;
  readonly came: string;
  /** Set on the step that broke the promise. */
  readonly broken?: true;
  /** Undefined when nothing came back, or it did not run. */
  readonly result: Result | undefined;
}
