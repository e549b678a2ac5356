import type { History } from '../../adapters/contract/index.ts';
import type { Violation } from '../../oracles/index.ts';
import type { StoredEntry } from '../corpus/entry.ts';
import type { Scenario } from '../generate/scenario.ts';
import { signatureOf } from './judge-scenario.ts';

/** A scenario that was run, and what it proves. */
export interface Round {
  readonly scenario: Scenario;
  readonly histories: readonly History[];
  readonly violations: readonly Violation[];
  /** The last words of a target that died of it. */
  readonly log?: readonly string[];
  /** What is no proof alone, and one when many rounds in a row show it. */
  readonly suspicions?: readonly Violation[];
  /** Set when buffers were asked for as they should be: whether any was granted. */
  readonly granted?: boolean;
}

/** Signatures of all that a round proves or gives rise to suspect. */
export const signaturesOf = ({ suspicions = [], violations }: Round): string[] =>
  [...violations, ...suspicions].map(signatureOf);

/** What a round shows under a signature; undefined when it does not. */
export const violationIn = (
  { suspicions = [], violations }: Round,
  signature: string,
): Violation | undefined =>
  [...violations, ...suspicions].find((one) => signatureOf(one) === signature);

/**
 * Whether a signature is that of a stored finding. Older records name a death without the
 * operation or the blame.
 */
export const isSameFinding = (stored: string, now: string): boolean =>
  stored === now ||
  (/(a client died of SIG\w+|the target died|the target no longer answers)$/.test(stored) &&
    (now.startsWith(`${stored} in `) || now.startsWith(`${stored}: `)));

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
  /** How long it took; of rounds in which no Program can wait it is left out. */
  readonly time?: RoundTime;
  /** Set when it asked for buffers as one should: whether it got any. */
  readonly service?: Service;
}

/** Milliseconds of a round. */
export interface RoundTime {
  readonly total: number;
  /** Of runs that a deadline ended, or that the target never answered. */
  readonly waited: number;
}

/** What came of the requests of a round that were as they should be. */
export interface Service {
  readonly granted: boolean;
  /** The round that proves it, if none was granted. */
  readonly refusal?: Detection;
}
