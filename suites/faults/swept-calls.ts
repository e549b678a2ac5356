import {
  linux,
  type Operation,
  type SlotRef,
  specOf,
  toJson,
} from '../../adapters/contract/index.ts';
import { commandOf, fieldOf } from '../../catalogue/abi-request.ts';
import type { Abi } from '../../catalogue/catalogue.ts';

/** A call without the names of slots: what makes two calls of a case the same. */
export function shapeOf(operation: Operation): string {
  const { slot: _, ...rest } = operation as Operation & { readonly slot?: string };
  return JSON.stringify(toJson(rest), (key, value) =>
    key === 'slot' && typeof value === 'string' ? '·' : value,
  );
}

/** What undoes a call that succeeded, so that it can be made again. */
export type Undoing = readonly Operation[] | 'cannot';

const DUPLICATING: readonly bigint[] = [linux.F_DUPFD, linux.F_DUPFD_CLOEXEC];

/**
 * What undoes a successful call, by what the table says that it gives and takes away.
 *
 * @param slot where its result is
 */
export function undoing(abi: Abi, operation: Operation, slot: string): Undoing {
  const { drops, gives } = specOf(operation.op);
  const value: SlotRef = { slot };
  if (drops?.kind === 'access') return [];
  if (drops !== undefined && drops.kind !== 'descriptor') return 'cannot';
  if (drops !== undefined) return gives === undefined ? 'cannot' : [];
  switch (gives?.kind) {
    case undefined:
      return [];
    case 'descriptor':
      return gives.byCommand === true && !duplicates(operation) ? [] : [{ op: 'close', fd: value }];
    case 'pair':
      return [0, 4].map((offset) => ({
        op: 'close',
        fd: { slot, offset, width: 4, signed: true },
      }));
    case 'mapping':
      return operation.op === 'mmap'
        ? [{ op: 'munmap', address: value, length: operation.length }]
        : 'cannot';
    case 'request':
      // What another request did, such as one of the test-control node, only its maker knows.
      return isAllocation(abi, operation)
        ? [{ op: 'close', fd: descriptorAt(abi, slot) }]
        : 'cannot';
    default:
      return 'cannot';
  }
}

const duplicates = (operation: Operation): boolean =>
  operation.op === 'fcntl' && DUPLICATING.some((command) => command === operation.command);

/** Whether a call asks a region for a buffer. */
export const isAllocation = (
  abi: Abi,
  operation: Operation,
): operation is Operation & { readonly op: 'ioctl' } =>
  operation.op === 'ioctl' && operation.request === commandOf(abi);

/** The descriptor that an allocation put into a slot, as an operand. */
export function descriptorAt(abi: Abi, slot: string): SlotRef {
  const { offset, width, signed } = fieldOf(abi, 'descriptor');
  return { slot, offset, width, signed: signed === true };
}
