import { AT_FDCWD } from './linux.ts';
import {
  type ArgumentKind,
  DOCUMENTS,
  OPERATIONS,
  type OperationName,
  STOPS,
} from './operations.ts';
import type { Argument, Operation, Placement, UntypedOperation } from './program.ts';
import { withheldBecause } from './withheld-arguments.ts';

/** A value that stands for a class of values that an argument can have. */
export interface ClassValue {
  readonly name: string;
  /** What the argument is set to. */
  readonly value: unknown;
}

const valuesOf = (values: Readonly<Record<string, unknown>>): readonly ClassValue[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

/** Where the types of 64 and of 32 bits end, with and without a sign. */
const WORDS = valuesOf({
  '0': 0n,
  '1': 1n,
  '2^31-1': (1n << 31n) - 1n,
  '2^31': 1n << 31n,
  '2^32-1': (1n << 32n) - 1n,
  '2^32': 1n << 32n,
  '2^63-1': (1n << 63n) - 1n,
  '2^63': 1n << 63n,
  '2^64-1': (1n << 64n) - 1n,
});

/** Numbers of descriptors that no small table has, and those that mean something else. */
const DESCRIPTORS = valuesOf({
  '-1': (1n << 64n) - 1n,
  AT_FDCWD: BigInt.asUintN(64, AT_FDCWD),
  '1023': 1023n,
  '2^31-1': (1n << 31n) - 1n,
});

/** Addresses that no client can have anything at. */
const ADDRESSES = valuesOf({ '0': 0n, '2^63': 1n << 63n, '2^64-1': (1n << 64n) - 1n });

const PLACEMENTS: readonly Placement[] = [
  { kind: 'plain' },
  { kind: 'null' },
  { kind: 'unmapped' },
  { kind: 'kernel' },
  { kind: 'page', protection: 'read-only' },
  { kind: 'page-end', distance: -1, neighbour: 'unmapped' },
  { kind: 'unaligned', by: 1 },
  { kind: 'flipped', offset: 0, width: 1, value: 1n },
];

/** The states that a descriptor or an address is in, by what was done with it before. */
export const OPERAND_STATES = {
  descriptor: ['fresh', 'duplicate', 'mapped', 'sent', 'received', 'inherited', 'closed', 'other'],
  address: ['whole', 'part', 'cut', 'inherited', 'unmapped'],
} as const;

/** The values that stand for the classes of a kind, less the states of what they refer to. */
export const CLASS_VALUES: Readonly<Record<ArgumentKind, readonly ClassValue[]>> = {
  word: WORDS,
  'word?': WORDS,
  descriptor: DESCRIPTORS,
  address: ADDRESSES,
  bytes: valuesOf({ none: new Uint8Array(0), one: Uint8Array.of(1), many: new Uint8Array(16) }),
  argument: PLACEMENTS.map((value) => ({ name: value.kind, value })),
  document: DOCUMENTS.map((value) => ({ name: value, value })),
  stop: STOPS.map((value) => ({ name: value, value })),
  client: [],
  file: [],
  body: [],
};

/** An argument of an operation with one of its classes. */
export interface ArgumentClass extends ClassValue {
  readonly op: OperationName;
  readonly argument: string;
  readonly kind: ArgumentKind;
}

/** Every class of every argument of an operation that a Program may ask for. */
export function argumentClasses(op: OperationName): readonly ArgumentClass[] {
  const kinds = Object.entries(OPERATIONS[op].arguments) as [string, ArgumentKind][];
  return kinds.flatMap(([argument, kind]) =>
    CLASS_VALUES[kind]
      .map((one) => ({ ...one, op, argument, kind }))
      .filter(({ name }) => withheldBecause(op, argument, name) === undefined),
  );
}

/** An operation with one argument set to the value of a class. */
export function withClass(
  operation: Operation,
  { argument, kind, value }: ArgumentClass,
): Operation {
  const given = operation as UntypedOperation;
  const placed = { ...(given[argument] as Argument | undefined), placement: value };
  const changed = { ...given, [argument]: kind === 'argument' ? placed : value };
  return changed as unknown as Operation;
}
