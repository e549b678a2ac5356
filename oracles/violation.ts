import type { Event } from './timeline/timeline.ts';

/** A promise that was broken, as an oracle proved it from Histories. */
export interface Violation {
  /** The oracle that says so: `oracles/NAME.ts`, which tells when it is sound. */
  readonly oracle: string;
  /** The requirement of the catalogue that is broken. */
  readonly requirement: string;
  /** The fault in a few words that do not change from run to run. */
  readonly kind: string;
  /** The observation, for people. */
  readonly detail: string;
  /** The operations that prove it. */
  readonly events: readonly Event[];
}
