import type { Operation, UntypedOperation } from '../../adapters/contract/index.ts';

/** The slots that an operation refers to. */
export function slotReferences(operation: Operation): string[] {
  const members = operation as UntypedOperation;
  const slots: string[] = [];
  for (const name in members) {
    const value = members[name];
    if (typeof value === 'object' && value !== null && 'slot' in value)
      slots.push(String(value.slot));
  }
  return slots;
}
