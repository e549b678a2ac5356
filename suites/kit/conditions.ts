import type { Capability } from '../../adapters/contract/index.ts';
import type { Case } from './case.ts';

/** What must be so for a case to look at anything, beside operations that the target offers. */
export type Condition =
  /** The region ends. */
  | 'bounded'
  /** The programs have 32 bits, and the kernel 64. */
  | '32-bit-programs'
  /** The programs have 64 bits. */
  | '64-bit-programs'
  /** There are two regions or more. */
  | 'several-regions'
  /** The target tells how large the region is. */
  | 'region-size'
  /** The region holds a buffer past 4 GiB. */
  | 'large-region'
  /** Nobody else has pages of the region. */
  | 'idle'
  /** A counter of the system tells how much of the region is free. */
  | 'gauge'
  /** The kernel shows where the page frames of a buffer lie. */
  | 'page-frames'
  /** Devices can be registered by a test-control node. */
  | 'test-control';

/** Everything for want of which a case skips, other than that the region has little room. */
export function conditionsOf(case_: Case): readonly (Condition | Capability)[] {
  const { needs = [], needsBounded, needsCompat, skipsWithout = [] } = case_;
  return [
    ...needs,
    ...(needsBounded === true ? (['bounded'] as const) : []),
    ...(needsCompat === true ? (['32-bit-programs'] as const) : []),
    ...(needs.includes('frames') ? (['page-frames'] as const) : []),
    ...(needs.includes('registry') ? (['test-control'] as const) : []),
    ...skipsWithout,
  ];
}
