import type { ErrnoWord } from '../contract/errno.ts';
import type { Capability, OPERATIONS, OperationName } from '../contract/operations.ts';
import type { RegionFacts } from '../contract/session.ts';
import type { UserArgument } from '../interpreter/user-argument.ts';

type InGroup<Group extends Capability> = {
  [Name in OperationName]: (typeof OPERATIONS)[Name]['capability'] extends Group ? Name : never;
}[OperationName];

/** Operations that follow from what a {@link Machine} is; no target has functions for them. */
type Provided = Exclude<InGroup<'clients' | 'timing'>, 'exec' | 'peek'>;

/** The operations that a target may have a function for. */
export type CallName = Exclude<OperationName, Provided>;

interface Values {
  descriptor: number;
  address: bigint;
  word: bigint;
  'word?': bigint;
  client: string;
  file: string;
  document: string;
  stop: string;
  bytes: Uint8Array;
  argument: UserArgument;
  body: never;
}

/** The arguments of one operation as values: slots are resolved, what was left out is 0. */
export type CallArguments<Name extends CallName> = {
  readonly [Key in keyof (typeof OPERATIONS)[Name]['arguments']]: Values[Extract<
    (typeof OPERATIONS)[Name]['arguments'][Key],
    keyof Values
  >];
};

/** Memory that a descriptor was mapped to; loads, stores and munmap are then seen to. */
export interface Mapped {
  /** The bytes behind the mapping, shared with everything else that maps them. */
  readonly memory: Uint8Array;
  /** Whether mprotect may allow writing later; true when left out. */
  readonly mayWrite?: boolean;
  /** Called when the last page of it is unmapped, in every process that inherited it. */
  release?(): void;
}

/** What came of a call: its value, the errno that it failed with, or its value and out bytes. */
export type CallAnswer =
  | number
  | bigint
  | ErrnoWord
  | { readonly value: number | bigint | ErrnoWord; readonly out?: Uint8Array };

/** One function for each operation that the target has; the rest is `unsupported`. */
export type Calls<P> = {
  readonly [Name in CallName]?: (
    process: P,
    arguments_: CallArguments<Name>,
  ) => CallAnswer | (Name extends 'mmap' ? Mapped : never);
};

/** A machine made of functions: its processes and its system calls. */
export interface Machine<P> {
  /** A new process: the first one, or a child, which inherits what its parent has. */
  process(parent: P | undefined): P;
  /** Gives back what a process holds when it ends; its mappings are gone by then. */
  end?(process: P): void;
  readonly calls: Calls<P>;
}

/** A target made of functions; see {@link adapterFromSyscalls}. */
export interface SyscallTarget<P> {
  /** The target as it was typed. */
  readonly url: string;
  /** What implements the allocator, in a few words. */
  readonly implementation: string;
  readonly regions: readonly RegionFacts[];
  /** Bytes; 4096 when left out. */
  readonly pageSize?: number;
  /** Machine name of uname(2); x86_64 when left out. */
  readonly architecture?: string;
  /** Whatever else helps to tell this target from another. */
  readonly details?: Readonly<Record<string, string>>;
  /** Starts the machine anew, with nothing allocated; once for each session. */
  start(): Machine<P>;
}
