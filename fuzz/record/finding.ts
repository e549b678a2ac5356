import { createHash } from 'node:crypto';
import type { History, Program, TargetFacts } from '../../adapters/contract/index.ts';

/** A violation that was found, with all that is needed to see it again. */
export interface Finding {
  /** Version of this shape. */
  readonly version: 1;
  /** Two findings of one signature are the same; see `signatureOf`. */
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
  /** Set when deviations that the profile knows of counted as findings too. */
  readonly strict?: boolean;
  /** Where it came from: round = f(version, seed, index, modes, snapshot of the corpus). */
  readonly origin: {
    readonly allocert: string;
    readonly seed: bigint;
    readonly round: number;
    /** Digest of the snapshot of the corpus that the round saw. */
    readonly corpus?: string;
  };
  /** The origin in one word that no target is part of; see `tokenOf`. */
  readonly token?: string;
  /** The Programs as they were found, and after shrinking; run one after the other in one case. */
  readonly programs: readonly Program[];
  readonly minimal?: readonly Program[];
  /** The Histories of the minimal Programs, else of the ones that were found. */
  readonly histories: readonly History[];
  /** What the console of a target that died said of it: the Programs have no Histories then. */
  readonly log?: readonly string[];
  /** The C program beside it, or why there is none; neither for simulators unless asked for. */
  readonly reproducer?: string;
  readonly noReproducer?: string;
  /**
   * Signatures of what else the minimal Programs show each time: the same defect, seen in other
   * ways.
   */
  readonly faces?: readonly string[];
  /** How often the minimal Programs showed it again; left out when they were not run again. */
  readonly reproduced?: { readonly times: number; readonly of: number };
  /** Why it shows, where that was proved; findings of one cause are one defect's. */
  readonly cause?: Cause;
  /** The operations that prove it, in the run that is recorded; older findings lack them. */
  readonly proof?: readonly ProofStep[];
}

/** A cause that several findings may have. */
export interface Cause {
  /** `shared-page`: two live buffers had one page, and what was seen wrong is in it. */
  readonly what: 'shared-page';
  /** What was done to buffers until the step that broke it, in order. */
  readonly steps: readonly string[];
}

/** Whether two causes are one: the same steps, in the same order, brought it about. */
export const isSameCause = (a: Cause | undefined, b: Cause | undefined): boolean =>
  a !== undefined && b !== undefined && a.what === b.what && isSameList(a.steps, b.steps);

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one, index) => one === b[index]);

/** Place of an operation: its Program, the thread in it, and its number in that; all from 0. */
export interface ProofStep {
  readonly program: number;
  readonly thread: number;
  readonly index: number;
}

/**
 * Where a finding came from, in one word: version, seed, round and the snapshot of the corpus that
 * it saw. On a target with the same regions and pages, in a campaign of the same modes and memory
 * limit, the same word is the same round.
 */
export const tokenOf = ({ allocert, corpus, round, seed }: Finding['origin']): string =>
  [allocert, `0x${seed.toString(16)}`, round, corpus ?? 'none'].join('/');

/**
 * The name of a finding's file, the same for the same signature.
 *
 * @param end of the name: `json`, or `c` for the program beside it
 */
export const findingFile = (signature: string, end: 'json' | 'c'): string =>
  `finding-${createHash('sha256').update(signature).digest('hex').slice(0, 12)}.${end}`;

/**
 * Programs and what came back of exactly these: of the smallest, unless they never showed it again.
 */
export function recordedRun(finding: Finding): {
  readonly programs: readonly Program[];
  readonly histories: readonly History[];
} {
  const { histories, minimal, programs, reproduced } = finding;
  const never = reproduced?.times === 0 && reproduced.of > 0;
  return { programs: never ? programs : (minimal ?? programs), histories };
}
