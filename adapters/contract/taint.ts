import { TAINT_BAD_PAGE, TAINT_DIE, TAINT_SOFTLOCKUP, TAINT_WARN } from './linux.ts';

/** Taint bits that stand for a defect; Documentation/admin-guide/tainted-kernels.rst has all. */
const TAINTS: readonly (readonly [bit: bigint, meaning: string])[] = [
  [TAINT_BAD_PAGE, 'a page in a bad state'],
  [TAINT_DIE, 'an oops or a BUG'],
  [TAINT_WARN, 'a warning'],
  [TAINT_SOFTLOCKUP, 'a soft lockup'],
];

/** The defects of the kernel that a taint mask stands for, in words. */
export const defectsInTaint = (taint: bigint): readonly string[] =>
  TAINTS.filter(([bit]) => (taint & bit) !== 0n).map(([, meaning]) => meaning);
