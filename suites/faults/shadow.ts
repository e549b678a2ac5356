import {
  canBeFailed,
  type Operation,
  type Program,
  type SlotRef,
  specOf,
} from '../../adapters/contract/index.ts';
import type { Abi } from '../../catalogue/catalogue.ts';
import { isAllocation } from './swept-calls.ts';

/** The child in which calls of loops and threads are swept. */
export const SHADOW = 'fault-shadow';

/** What one thread does, once, in a child of its client. */
interface ShadowProgram {
  readonly client: string;
  readonly operations: readonly Operation[];
}

/**
 * Each thread of a Program as calls one after the other: bodies of loops once. What others would
 * notice of it, or wait for, is left out; so is what needs that.
 *
 * @param known slots that earlier Programs put something into
 */
export function shadowPrograms(
  abi: Abi,
  program: Program,
  known: ReadonlySet<string>,
): readonly ShadowProgram[] {
  return program.threads.map(({ client, operations }) => {
    const own = new Set<string>();
    const kept: Operation[] = [];
    for (const operation of operations.flatMap(unrolled)) {
      if (!isPrivate(abi, operation)) continue;
      const renamed = renamedFor(operation, known, own);
      if (renamed !== undefined) kept.push(renamed);
    }
    return { client, operations: kept };
  });
}

const unrolled = (operation: Operation): Operation[] =>
  operation.op === 'repeat' ? operation.body.flatMap(unrolled) : [operation];

/** Whether nobody but the client notices that it was done, and undone by the client's end. */
function isPrivate(abi: Abi, operation: Operation): boolean {
  if (operation.op === 'ioctl') return isAllocation(abi, operation);
  const { capability, drops, gives, out } = specOf(operation.op);
  if (capability === 'limits') return true;
  if (!canBeFailed(operation) || gives?.kind === 'message') return false;
  return gives !== undefined || drops !== undefined || out !== 'none';
}

const baseOf = (slot: string): string => slot.replace(/\[.*$/, '');
const shadowed = (slot: string): string => `fault-${baseOf(slot)}`;

/** The operation with slots of its own; undefined when one that it reads is empty. */
function renamedFor(
  operation: Operation,
  known: ReadonlySet<string>,
  own: Set<string>,
): Operation | undefined {
  const renamed: Record<string, unknown> = { ...operation };
  for (const [name, value] of Object.entries(operation)) {
    if (typeof value !== 'object' || !('slot' in value)) continue;
    const reference = value as SlotRef;
    const base = baseOf(reference.slot);
    if (own.has(base)) renamed[name] = { ...reference, slot: shadowed(base) };
    else if (!known.has(base)) return undefined;
    else renamed[name] = { ...reference, slot: reference.slot.replace('[i]', '[0]') };
  }
  if (operation.slot !== undefined) {
    own.add(baseOf(operation.slot));
    renamed.slot = shadowed(operation.slot);
  }
  return renamed as unknown as Operation;
}
