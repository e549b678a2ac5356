/**
 * The facts of requirements and profiles that every record repeats, so that it can be read alone.
 */

/** RFC 2119 level of a requirement. */
export type Level = 'MUST' | 'SHOULD' | 'MAY';

/** Where a requirement's force comes from: the specification, safety, or kernel guidance. */
export type Authority = 'text' | 'safety' | 'guidance';

/** A requirement as a record quotes it. */
export interface RequirementFacts {
  readonly id: string;
  readonly group: string;
  readonly level: Level;
  readonly authority: Authority;
  readonly statement: string;
  readonly source: { readonly document: string; readonly place: string };
}

/** A profile as a record quotes it. */
export interface ProfileFacts {
  readonly name: string;
  readonly abi: string;
  readonly authorities: readonly Authority[];
}

/** Steps that a case takes before it can look at anything. */
export type BlockedStep = 'open' | 'allocate' | 'map' | 'register' | 'other';
