/**
 * A case says what it saw of a requirement; which words are right is the profile's to say. Where it
 * has nothing to say, it throws one of the errors below, and the runner says how the case ended.
 */
export interface Observation {
  readonly requirement: string;
  /** The thing that was looked at, as the requirement's expectations name it. */
  readonly role: string;
  /** One word: `ok`, an errno name, or a word from the expectations. */
  readonly observed: string;
  /** The call and its result, in a sentence. */
  readonly detail: string;
}

/** Thrown by a case that cannot be observed on this target. */
export class Skip extends Error {}

/** Thrown by a case that cannot say anything, for instance because its control failed. */
export class Inconclusive extends Error {}

/** Thrown when a client that nothing should have killed died, or never returned. */
export class ClientLost extends Error {
  readonly manner: 'crash' | 'hang';

  constructor(manner: 'crash' | 'hang', message: string) {
    super(message);
    this.manner = manner;
  }
}
