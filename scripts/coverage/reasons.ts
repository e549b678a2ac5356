/** Why a cell of the table of coverage is empty on purpose. */
export interface EmptyCell {
  /** An operation, or `operation.argument`; `*` stands for any part of it. */
  readonly places: readonly string[];
  /** Names of classes; every one when left out. */
  readonly classes?: readonly string[];
  /** Who leaves it out; both when left out. */
  readonly by?: 'case' | 'generator';
  readonly reason: string;
}

/** Cells that neither `withheld-arguments.ts` nor `not-generated.ts` gives the reason of. */
export const EMPTY_CELLS: readonly EmptyCell[] = [
  {
    places: ['fork.client'],
    classes: ['other'],
    reason: 'a fork names the child that it makes',
  },
  {
    places: ['failnth'],
    by: 'case',
    reason: 'allocations fail in sweeps of faults alone, which change Programs of all cases',
  },
  {
    places: ['peek.client'],
    classes: ['child'],
    by: 'generator',
    reason: 'a mutation must not bring it to a client that has ended, so it stays out of relays',
  },
];
