/** A rule of the contract as a report quotes it. */
export interface RuleText {
  /** A group and a word. */
  readonly id: string;
  /** The rule in one sentence. */
  readonly statement: string;
  /** Where the contract says so: a member, or a place in docs/protocol.md. */
  readonly place: string;
}

/** The result of one rule. */
export interface RuleResult {
  readonly rule: string;
  readonly statement: string;
  readonly place: string;
  readonly status: 'pass' | 'fail' | 'skip';
  /** The observation that failed it, or why there is none; empty when it passed. */
  readonly detail: string;
}

/** Thrown when an adapter breaks the rule that is looked at. */
export class RuleBroken extends Error {}

/** Thrown when a rule cannot be looked at: an operation is missing, or another rule is broken. */
export class RuleBlocked extends Error {}

/** Thrown when the adapter does not answer at all. */
export class AdapterSilent extends Error {}

/** @throws {@link RuleBroken} unless it holds */
export function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new RuleBroken(otherwise);
}
