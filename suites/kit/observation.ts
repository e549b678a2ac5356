import type { BlockedStep } from '../../catalogue/facts.ts';

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
export class Skip extends Error {
  /** Operations that the target lacks; undefined where what it says of itself excludes the case. */
  readonly lacks: string | undefined;

  constructor(message: string, lacks?: string) {
    super(message);
    this.lacks = lacks;
  }
}

/** Thrown by a case that cannot say anything, for instance because its control failed. */
export class Inconclusive extends Error {}

/** Thrown by a case when a step that everything else needs failed. */
export class StepFailed extends Inconclusive {
  readonly step: BlockedStep;
  /** The word that the step failed with. */
  readonly word: string;

  /** @param what the step and that it failed, as a sentence that the word ends */
  constructor(step: BlockedStep, word: string, what: string) {
    super(`blocked: ${what} ${word}`);
    this.step = step;
    this.word = word;
  }
}

/** Thrown when a client that nothing should have killed died, or never returned. */
export class ClientLost extends Error {
  readonly manner: 'crash' | 'hang';

  constructor(manner: 'crash' | 'hang', message: string) {
    super(message);
    this.manner = manner;
  }
}
