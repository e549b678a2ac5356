import {
  type ArgumentKind,
  OPERATION_ROWS,
  OPERATIONS,
  type OperationName,
  type OperationSpec,
} from './operations.ts';
import type { Operand, Operation, UntypedOperation } from './program.ts';

/** An operation's row of the table. */
export const specOf = (op: OperationName): OperationSpec => OPERATIONS[op];

/** The operations whose rows fulfil a condition: how every list of operations is made. */
export const operationsWhere = (
  condition: (spec: OperationSpec) => boolean,
): ReadonlySet<OperationName> =>
  new Set(OPERATION_ROWS.filter(([, spec]) => condition(spec)).map(([name]) => name));

/** Whether repeating the operation gives the same value, so that another value is an anomaly. */
export const isSteady = ({ result }: OperationSpec): boolean =>
  result === 'zero' || result === 'count';

/** Whether an operation runs others: what it does and gives is what they do. */
export function hasBody(spec: OperationSpec): boolean {
  const known = BODIES.get(spec);
  if (known !== undefined) return known;
  const has = Object.values(spec.arguments).includes('body');
  BODIES.set(spec, has);
  return has;
}

/** It is asked for with each operation that is compiled. */
const BODIES = new WeakMap<OperationSpec, boolean>();

/** Whether results of the operation carry bytes, for which an executor must have room. */
export const handsOutBytes = (spec: OperationSpec): boolean =>
  spec.out !== 'none' && !hasBody(spec);

/**
 * Whether the operation leaves its client's table of descriptors as it is, whatever comes of it, and
 * the limit on that table, too.
 */
export function keepsDescriptors(spec: OperationSpec): boolean {
  const { capability, drops, gives } = spec;
  if (hasBody(spec) || capability === 'limits') return false;
  if (gives !== undefined && ['descriptor', 'pair', 'request'].includes(gives.kind)) return false;
  if (drops?.kind === 'client') return drops.of !== undefined;
  return drops?.kind !== 'descriptor' && drops?.kind !== 'image';
}

/** Whether an argument is an {@link Operand}: a 64-bit value that a result can give. */
export const isValueKind = (kind: ArgumentKind): boolean =>
  kind === 'descriptor' || kind === 'address' || kind === 'word' || kind === 'word?';

/** The operand that a column of the table names; 0 when it was left out. */
export const operandAt = (operation: Operation, argument: string): Operand =>
  ((operation as UntypedOperation)[argument] as Operand | undefined) ?? 0n;
