import type { SlotRef } from '../../adapters/contract/index.ts';

/** The two ends of a pair that `socketpair` put into a slot, as operands. */
export function socketEnds(slot: string): readonly [SlotRef, SlotRef] {
  const end = (offset: 0 | 4): SlotRef => ({ slot, offset, width: 4, signed: true });
  return [end(0), end(4)];
}
