import type { Capability } from '../../adapters/contract/index.ts';
import type { Role } from '../../catalogue/catalogue.ts';
import type { Bench } from './context.ts';

/** The code that observes one or more requirements through a Session. */
export interface Case {
  /** The requirement that it observes first, a slash, and what it changes. */
  readonly id: string;
  /** What it shows, in a few words. */
  readonly title: string;
  /** Every requirement that it may observe; an observation of another one is an error. */
  readonly requirements: readonly string[];
  /** Fields that the ABI must have for the case to mean anything. */
  readonly needsRoles?: readonly Role[];
  /** Operations that the target must offer. */
  readonly needs?: readonly Capability[];
  /** Whether it fills the region, which only a bounded one survives. */
  readonly needsBounded?: boolean;
  /** Whether it is about 32-bit programs on a 64-bit kernel. */
  readonly needsCompat?: boolean;
  /** Milliseconds for the whole case, when the default is too short. */
  readonly deadlineMs?: number;
  readonly run: (bench: Bench) => Promise<void>;
}

/** What a case saw of a requirement. Which words are right is the profile's to say. */
export interface Observation {
  readonly requirement: string;
  /** What was looked at, as the requirement's expectations name it. */
  readonly role: string;
  /** One word: `ok`, an errno name, or a word from the expectations. */
  readonly observed: string;
  /** What was done and what came back, in a sentence. */
  readonly detail: string;
}

/** Thrown by a case that cannot be observed on this target. */
export class Skip extends Error {}

/** Thrown by a case that cannot say anything, for instance because its control failed. */
export class Inconclusive extends Error {}

/** Thrown when a client that nothing should have killed died, or never came back. */
export class ClientLost extends Error {
  readonly manner: 'crash' | 'hang';

  constructor(manner: 'crash' | 'hang', message: string) {
    super(message);
    this.manner = manner;
  }
}
