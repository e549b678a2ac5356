import { usageError } from '../../base/errors.ts';
import type { NameTable, SlotNumber } from '../contract/names.ts';
import { hasBody, isSteady, isValueKind, specOf } from '../contract/operation-meaning.ts';
import type { OperationSpec } from '../contract/operation-spec.ts';
import type { OperationName, StopRule } from '../contract/operations.ts';
import type { Operand, Operation, UntypedOperation } from '../contract/program.ts';

/** An operand with its slot's name resolved; literals are 64 unsigned bits. */
export type CompiledOperand =
  | bigint
  | {
      readonly slot: SlotNumber;
      /** Byte of the slot's out bytes; the slot's value when undefined. */
      readonly offset: number | undefined;
      readonly width: 1 | 2 | 4 | 8;
      readonly signed: boolean;
    };

/** The body of a `repeat`. */
export interface Loop {
  readonly times: bigint;
  readonly stop: StopRule;
  readonly body: readonly CompiledOperation[];
}

/** An operation, ready to run many times. */
export interface CompiledOperation {
  readonly operation: UntypedOperation;
  /** What `repeat` runs; undefined for everything else. */
  readonly loop: Loop | undefined;
  readonly slot: SlotNumber | undefined;
  readonly operands: Readonly<Record<string, CompiledOperand>>;
  /** Whether repeating it gives the same value (see the table’s ResultKind). */
  readonly steady: boolean;
}

/**
 * Resolves the names of one thread's operations, in the order and by the rules of the wire encoder,
 * so that a Program means the same here and on a real target.
 *
 * @throws AllocertError for a slot that nothing has filled, or too many slots
 */
export function compile(
  operations: readonly Operation[],
  names: NameTable,
  iterations = 1,
): CompiledOperation[] {
  return operations.map((operation) => compileOne(operation, names, iterations));
}

function compileOne(given: Operation, names: NameTable, iterations: number): CompiledOperation {
  const operation = given as unknown as UntypedOperation;
  const name: OperationName = operation.op;
  const spec = specOf(name);
  const operands: Record<string, CompiledOperand> = {};
  for (const argument of valuesOf(spec)) {
    operands[argument] = compileOperand(operation[argument], names);
  }
  const loop = hasBody(spec) ? compileLoop(operation, names, iterations) : undefined;
  return {
    operation,
    loop,
    slot: operation.slot === undefined ? undefined : names.define(operation.slot, iterations),
    operands,
    steady: isSteady(spec),
  };
}

/** Names of the arguments that are values. */
function valuesOf(spec: OperationSpec): readonly string[] {
  let names = VALUES.get(spec);
  if (names === undefined) {
    const given = Object.entries(spec.arguments);
    names = given.filter(([, kind]) => isValueKind(kind)).map(([name]) => name);
    VALUES.set(spec, names);
  }
  return names;
}

const VALUES = new Map<OperationSpec, readonly string[]>();

function compileOperand(given: unknown, names: NameTable): CompiledOperand {
  const operand = (given as Operand | undefined) ?? 0n;
  if (typeof operand === 'bigint') return BigInt.asUintN(64, operand);
  return {
    slot: names.resolve(operand.slot),
    offset: operand.offset,
    width: operand.width ?? 8,
    signed: operand.signed === true,
  };
}

function compileLoop(operation: UntypedOperation, names: NameTable, outer: number): Loop {
  const { times } = operation;
  if (typeof times !== 'bigint') throw usageError('repeat needs a literal count');
  const count = BigInt.asUintN(64, times);
  const iterations = Math.max(outer, Number(count));
  return {
    times: count,
    stop: operation.stop as StopRule,
    body: compile(operation.body as readonly Operation[], names, iterations),
  };
}
