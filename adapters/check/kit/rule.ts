import type { Lab } from './rule-context.ts';

/** One thing that the contract asks of every adapter. */
export interface Rule {
  /** A group and a word. */
  readonly id: string;
  /** What must hold, in a sentence. */
  readonly statement: string;
  /** Where the contract says so: a member, or a place in docs/protocol.md. */
  readonly place: string;
  /**
   * Looks at a Session in which a case has just begun. Rules about every History have none: the
   * {@link Lab} watches for them in whatever the other rules run.
   *
   * @throws {@link Broken}, or {@link Blocked} when nothing can be said
   */
  readonly observe?: (lab: Lab) => Promise<void>;
}

/** What came of a rule. */
export interface RuleResult {
  readonly rule: string;
  readonly statement: string;
  readonly place: string;
  readonly status: 'pass' | 'fail' | 'skip';
  /** What was seen, or why nothing could be; empty when it passed. */
  readonly detail: string;
}

/** Thrown when an adapter breaks the rule that is looked at. */
export class Broken extends Error {}

/** Thrown when the adapter does not answer at all. */
export class Silent extends Error {}

/** Thrown when a rule cannot be looked at: an operation is missing, or another rule is broken. */
export class Blocked extends Error {}

/** @throws {@link Broken} unless it holds */
export function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Broken(otherwise);
}
