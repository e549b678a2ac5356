import type {
  ArgumentKind,
  DocumentName,
  FileName,
  OPERATIONS,
  OperationName,
  StopRule,
} from './operations.ts';

/**
 * A Program: what client processes do. Plain data, no functions; see `program-json.ts` for its text
 * form and `codec/` for its bytes.
 */
export interface Program {
  /** Threads start together; each runs in the client that it names. */
  readonly threads: readonly Thread[];
  /**
   * Milliseconds without a call that comes back, after which clients that still run are killed and
   * the Program ends; at the latest after `DEADLINES_MAX` times as long.
   */
  readonly deadlineMs: number;
  /** Seeds whatever the target does at random (the simulator's scheduler). */
  readonly seed?: bigint;
}

/** One thread of a Program. */
export interface Thread {
  /** The client process that it runs in; `main` always exists. */
  readonly client: string;
  readonly operations: readonly Operation[];
}

/** A 64-bit value: a literal, or something that an earlier operation returned. */
export type Operand = bigint | SlotRef;

/**
 * The value of a slot, or, with `offset`, a little-endian field of its out bytes. A slot named
 * `b[i]` inside `repeat` is one of a family, indexed by the iteration; `b[3]` is its fourth member.
 */
export interface SlotRef {
  readonly slot: string;
  readonly offset?: number;
  readonly width?: 1 | 2 | 4 | 8;
  readonly signed?: boolean;
}

/** Protection of the page after the argument's own. */
export type Neighbour = 'unmapped' | 'none' | 'read-only' | 'write-only';

/**
 * Where an ioctl's argument lies. Default is `plain`: readable and writable, aligned to 16, with red
 * zones on both sides that are checked after the call.
 */
export type Placement =
  | { readonly kind: 'plain' }
  | { readonly kind: 'null' }
  | { readonly kind: 'unmapped' }
  | { readonly kind: 'kernel' }
  | { readonly kind: 'page'; readonly protection: 'none' | 'read-only' | 'write-only' }
  /** Ends `distance` bytes before the end of its page; negative: that many lie in the neighbour. */
  | { readonly kind: 'page-end'; readonly distance: number; readonly neighbour: Neighbour }
  | { readonly kind: 'unaligned'; readonly by: number }
  /** Another thread keeps writing `value` and the original over the field while the call runs. */
  | {
      readonly kind: 'flipped';
      readonly offset: number;
      readonly width: 1 | 2 | 4 | 8;
      readonly value: bigint;
    };

/** Bytes of an ioctl argument, and where they lie in the caller’s memory. */
export interface Argument {
  readonly bytes: Uint8Array;
  readonly placement?: Placement;
}

interface ArgumentTypes {
  descriptor: Operand;
  address: Operand;
  word: Operand;
  'word?': Operand;
  client: string;
  file: FileName;
  document: DocumentName;
  stop: StopRule;
  bytes: Uint8Array;
  argument: Argument;
  body: readonly Operation[];
}

type Spec<Name extends OperationName> = (typeof OPERATIONS)[Name]['arguments'];
type Optional<Name extends OperationName> = {
  [Key in keyof Spec<Name>]: Spec<Name>[Key] extends `${string}?` ? Key : never;
}[keyof Spec<Name>];
type TypeOf<Kind> = Kind extends ArgumentKind ? ArgumentTypes[Kind] : never;

/** The arguments of one operation, by name; optional ones are 0 when left out. */
export type ArgumentsOf<Name extends OperationName> = {
  readonly [Key in Exclude<keyof Spec<Name>, Optional<Name>>]: TypeOf<Spec<Name>[Key]>;
} & { readonly [Key in Optional<Name>]?: TypeOf<Spec<Name>[Key]> };

/** One operation of a given name. `slot` names its result for later operations. */
export type OperationOf<Name extends OperationName> = {
  readonly op: Name;
  readonly slot?: string;
} & ArgumentsOf<Name>;

/** Any operation. */
export type Operation = { [Name in OperationName]: OperationOf<Name> }[OperationName];

/** An operation seen without its type: what table-driven code reads. */
export interface UntypedOperation {
  readonly op: OperationName;
  readonly slot?: string;
  readonly [argument: string]: unknown;
}
