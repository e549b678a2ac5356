import type { History } from '../../adapters/contract/index.ts';
import type { Violation } from '../../oracles/index.ts';
import type { StoredEntry } from '../corpus/entry.ts';
import type { Scenario } from '../generate/scenario.ts';

/** A scenario that was run, and what it proves. */
export interface Round {
  readonly scenario: Scenario;
  readonly histories: readonly History[];
  readonly violations: readonly Violation[];
}

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

/** A violation and the round that proves it, before it is minimized. */
export interface Detection {
  readonly index: number;
  readonly round: Round;
  readonly violation: Violation;
  /** Digest of the snapshot of the corpus that the round saw; parallel ones see none. */
  readonly snapshot?: string;
}

/** The report of a round to its campaign. */
export interface RoundReport {
  readonly done: RoundDone;
  /** One for each signature that was not known when the round began. */
  readonly detections: readonly Detection[];
  /** The most bytes that buffers surely had together. */
  readonly peakBytes: bigint;
  /** Set when it showed coverage signatures that its snapshot did not know. */
  readonly entry?: StoredEntry;
  /** Set when the worker died of it, twice: why. Nothing is known of the target then. */
  readonly lost?: string;
}
