import type { Operation, UntypedOperation } from '../../adapters/contract/index.ts';

/** The slots that an operation refers to. */
export function slotReferences(operation: Operation): string[] {
  return Object.values(operation as UntypedOperation).flatMap((value) =>
    typeof value === 'object' && value !== null && 'slot' in value ? [String(value.slot)] : [],
  );
}
