import type { Operation, Program, UntypedOperation } from '../../adapters/contract/index.ts';
import { slotReferences } from '../generate/slot-references.ts';

/**
 * Whether each slot is filled once, and only operations behind that one refer to it: later ones of
 * its thread, and those of later Programs. Oracles take a reference for what its slot held, and
 * would accuse the target where another thread was faster.
 */
export function slotsAreSettled(programs: readonly Program[]): boolean {
  const before = new Set<string>();
  const filled = new Set<string>();
  for (const { threads } of programs) {
    for (const { operations } of threads) {
      const own = new Set<string>();
      for (const operation of operations) {
        for (const slot of slotReferences(operation)) {
          if (!before.has(slot) && !own.has(slot)) return false;
        }
        const { slot } = operation;
        if (slot === undefined) continue;
        if (filled.has(slot)) return false;
        filled.add(slot);
        own.add(slot);
      }
    }
    for (const slot of filled) before.add(slot);
  }
  return true;
}

/** The operation with other slots, in what it fills and in what it refers to. */
export function renamed(operation: Operation, names: ReadonlyMap<string, string>): Operation {
  const other = (slot: string): string => names.get(slot) ?? slot;
  const members = Object.entries(operation as UntypedOperation).map(([key, value]) => {
    if (key === 'slot') return [key, other(String(value))];
    if (typeof value !== 'object' || value === null || !('slot' in value)) return [key, value];
    return [key, { ...value, slot: other(String(value.slot)) }];
  });
  return Object.fromEntries(members) as Operation;
}

/** Every slot that is filled. */
export const slotsIn = (programs: readonly Program[]): Set<string> =>
  new Set(
    programs.flatMap(({ threads }) =>
      threads.flatMap(({ operations }) => operations.flatMap(({ slot }) => slot ?? [])),
    ),
  );
