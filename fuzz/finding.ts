import type { History, Program, TargetFacts } from '../adapters/contract/index.ts';

/** A violation that was found, with all that is needed to see it again. */
export interface Finding {
  /** Version of this shape. */
  readonly version: 1;
  /** What makes two findings the same; see `signatureOf`. */
  readonly signature: string;
  readonly oracle: string;
  readonly requirement: string;
  readonly kind: string;
  readonly detail: string;
  /** The mode that made the scenario. */
  readonly mode: string;
  /** URL of the target and what it said of itself, without secrets. */
  readonly target: string;
  readonly facts: TargetFacts;
  readonly profile: string;
  /** Where it came from: round = f(version, seed, index, modes, snapshot of the corpus). */
  readonly origin: {
    readonly allocert: string;
    readonly seed: bigint;
    readonly round: number;
    /** Digest of the snapshot of the corpus that the round saw. */
    readonly corpus?: string;
  };
  /** The Programs as they were found, and after shrinking; run one after the other in one case. */
  readonly programs: readonly Program[];
  readonly minimal?: readonly Program[];
  /** What came back of the minimal Programs, else of the ones that were found. */
  readonly histories: readonly History[];
  /** How often the minimal Programs showed it again. */
  readonly reproduced?: { readonly times: number; readonly of: number };
}
