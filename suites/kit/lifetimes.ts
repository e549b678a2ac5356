import type { SlotRef } from '../../adapters/contract/index.ts';
import type { CaseContext } from './context.ts';

/**
 * Bytes of a buffer whose loss shows in few cycles: small where capacity is exact, large where only
 * a gauge is left.
 */
export const largeLength = ({ page, region }: CaseContext): bigint =>
  (region.bounded ? 4n : 256n) * page;

/** The two ends of a pair that `socketpair` put into a slot, as operands. */
export function socketEnds(slot: string): readonly [SlotRef, SlotRef] {
  const end = (offset: 0 | 4): SlotRef => ({ slot, offset, width: 4, signed: true });
  return [end(0), end(4)];
}
