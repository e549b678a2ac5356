import type { TargetFacts } from '../../adapters/contract/index.ts';
import type { Violation } from '../../oracles/index.ts';
import type { StoredEntry } from '../corpus/entry.ts';
import type { Snapshot } from '../corpus/snapshot.ts';
import type { Round } from '../execute/run-scenario.ts';
import type { Finding } from '../record/finding.ts';

/** A round that is over. */
export interface RoundDone {
  readonly index: number;
  readonly mode: string;
  readonly operations: number;
  /** Signatures of everything that it proved, also of what was known. */
  readonly signatures: readonly string[];
  /** Digest of the entry of the corpus that it changed; undefined for a fresh one. */
  readonly parent?: string;
}

/** A violation and the round that proves it. */
export interface Proof {
  readonly index: number;
  readonly round: Round;
  readonly violation: Violation;
  /** Digest of the snapshot of the corpus that the round saw; parallel ones see none. */
  readonly snapshot?: string;
}

/** What came of a round. */
export interface RoundReport {
  readonly done: RoundDone;
  /** One for each signature that was not known when the round began. */
  readonly proofs: readonly Proof[];
  /** The most bytes that buffers surely had together. */
  readonly peakBytes: bigint;
  /** Set when it showed coverage signatures that its snapshot did not know. */
  readonly entry?: StoredEntry;
  /** Set when the worker died of it, twice: why. Nothing is known of the target then. */
  readonly lost?: string;
}

/** What can be said of a target before the first round. */
export interface Introduction {
  readonly facts: TargetFacts;
  /** Names of the modes that are going to be run. */
  readonly modes: readonly string[];
  /** 32-bit words of the target that threads share in a parallel round, where there are any. */
  readonly sharedWords?: number;
}

/** Runs rounds: here, or in workers. */
export interface Rounds {
  /** How many batches may be under way at once. */
  readonly width: number;
  /**
   * @throws {@link AllocertError} when the target cannot be reached, or has no mode to run
   */
  introduce(): Promise<Introduction>;
  /** Runs a batch; the reports are in its order, and fewer when the campaign was to stop. */
  run(
    indices: readonly number[],
    known: ReadonlySet<string>,
    snapshot: Snapshot,
  ): Promise<readonly RoundReport[]>;
  /** Shrinks what was found, and says how often it shows. */
  explain(proof: Proof): Promise<Finding>;
  close(): Promise<void>;
}
