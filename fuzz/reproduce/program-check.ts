import { specOf } from '../../adapters/contract/index.ts';
import type { Event } from '../../oracles/index.ts';
import { keyOf, type Line, type Step } from './c-threads.ts';
import type { Vocabulary } from './call-in-c.ts';

/** What is watched from outside of the clients. */
export type Watch =
  | { readonly kind: 'memory'; readonly gauge: string; readonly kilobytes: bigint }
  | { readonly kind: 'log'; readonly complaint: string }
  | { readonly kind: 'death'; readonly signal: string }
  | { readonly kind: 'machine' };

/** How a C program sees that a promise is broken. */
export interface Check {
  /** What it looks at, as a sentence. */
  readonly means: string;
  /** Statements by the key of the step before or after which they stand. */
  readonly before: ReadonlyMap<string, readonly string[]>;
  readonly after: ReadonlyMap<string, readonly string[]>;
  /** Members of the shared memory that they use. */
  readonly shared: readonly string[];
  readonly watch?: Watch;
  /** Attempts that it takes at least to see it. */
  readonly times?: number;
}

/** What a check is made from. */
export interface Scene {
  readonly lines: readonly Line[];
  readonly steps: readonly Step[];
  readonly words: Vocabulary;
}

/** A check without statements, to be added to. */
export const empty = (means: string): Check => ({
  means,
  before: new Map(),
  after: new Map(),
  shared: [],
});

/** A check of one statement behind one step. */
export const afterwards = (means: string, step: Step, ...statements: readonly string[]): Check => ({
  ...empty(means),
  after: new Map([[keyOf(step), statements]]),
});

/** The step of an event. */
export const stepOf = ({ steps }: Scene, event: Event | undefined): Step | undefined =>
  event === undefined ? undefined : steps.find((step) => keyOf(step) === keyOf(event));

/** The descriptor that a step gave, or -1: an expression that stands behind it. */
export function givenBy({ words }: Scene, step: Step): string | undefined {
  const { op, slot } = step.operation;
  if (op === 'ioctl') {
    if (slot === undefined) return undefined;
    const { offset } = words.abi.fields.descriptor;
    return words.slots.descriptor({ slot, offset });
  }
  if (specOf(op).gives?.kind !== 'descriptor') return undefined;
  return words.slots.of(step)?.name ?? 'result';
}
