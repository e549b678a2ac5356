import { specOf } from '../../adapters/contract/index.ts';
import type { Event } from '../../oracles/index.ts';
import { type CStep, type CThread, stepKey } from './c-threads.ts';
import type { Vocabulary } from './call-in-c.ts';

/** Something of the system that is watched from outside of the clients. */
export type SystemWatch =
  | { readonly kind: 'memory'; readonly gauge: string; readonly kilobytes: bigint }
  | { readonly kind: 'log'; readonly complaint: string }
  | { readonly kind: 'areas' }
  | { readonly kind: 'death'; readonly signal: string }
  | { readonly kind: 'machine' };

/** How a C program sees that a promise is broken. */
export interface ProgramCheck {
  /** The promise that it looks at, as a sentence. */
  readonly means: string;
  /** Statements by the key of the step before or after which they stand. */
  readonly before: ReadonlyMap<string, readonly string[]>;
  readonly after: ReadonlyMap<string, readonly string[]>;
  /** Members of the shared memory that they use. */
  readonly shared: readonly string[];
  readonly watch?: SystemWatch;
  /** Attempts that it takes at least to see it. */
  readonly times?: number;
}

/** Everything that a check is made from. */
export interface CheckContext {
  readonly threads: readonly CThread[];
  readonly steps: readonly CStep[];
  readonly words: Vocabulary;
}

/** A check without statements, to be added to. */
export const checkWithoutStatements = (means: string): ProgramCheck => ({
  means,
  before: new Map(),
  after: new Map(),
  shared: [],
});

/** A check of one statement behind one step. */
export const checkAfter = (
  means: string,
  step: CStep,
  ...statements: readonly string[]
): ProgramCheck => ({
  ...checkWithoutStatements(means),
  after: new Map([[stepKey(step), statements]]),
});

/** The step of an event. */
export const stepOf = ({ steps }: CheckContext, event: Event | undefined): CStep | undefined =>
  event === undefined ? undefined : steps.find((step) => stepKey(step) === stepKey(event));

/** The descriptor that a step gave, or -1: an expression that stands behind it. */
export function givenBy({ words }: CheckContext, step: CStep): string | undefined {
  const { op, slot } = step.operation;
  if (op === 'ioctl') {
    if (slot === undefined) return undefined;
    const { offset } = words.abi.fields.descriptor;
    return words.slots.descriptor({ slot, offset });
  }
  if (specOf(op).gives?.kind !== 'descriptor') return undefined;
  return words.slots.of(step)?.name ?? 'result';
}
