import type { ErrnoName } from './errno.ts';

/**
 * What an argument is.
 *
 * - `descriptor`, `address`, `word`: an {@link Operand}, 64 bits, literal or a reference to a result;
 * - `client`: the name of a client process; `file`: one of {@link FILES}; `stop`: one of {@link STOPS};
 * - `bytes`: data; `argument`: data with a placement in memory; `body`: operations to repeat.
 *
 * A trailing `?` makes it optional, with 0 as its value.
 */
export type ArgumentKind =
  | 'descriptor'
  | 'address'
  | 'word'
  | 'word?'
  | 'client'
  | 'file'
  | 'document'
  | 'stop'
  | 'bytes'
  | 'argument'
  | 'body';

/**
 * What a successful operation returns in `value`. Of `zero` and `count` the same operation gives the
 * same value each time it is repeated, so a change of value counts as an anomaly.
 */
export type ResultKind = 'zero' | 'count' | 'descriptor' | 'address' | 'number';

/** A group of operations that a target offers or lacks as a whole. */
export type Capability =
  | 'files'
  | 'memory'
  | 'clients'
  | 'sockets'
  | 'procfs'
  | 'limits'
  | 'timing'
  | 'frames'
  | 'registry'
  | 'faults';

/**
 * The shape of the out bytes of an operation that succeeded; `out-bytes.ts` reads them.
 *
 * - `bytes`: memory or file contents; `first-difference`: up to 16 bytes from where `scan` stopped;
 * - `argument`: an ioctl's argument as it is afterwards; `text`: UTF-8;
 * - `stat`: five u64; `descriptors`: s32 each; `page-frames`: u64 each;
 * - `repeat-summary`: travels as `steps` of the result, and never as bytes.
 *
 * An operation with any of these may be refused for want of room for its bytes (`not-run`): a result
 * that says `returned` has all of them.
 */
export type OutShape =
  | 'none'
  | 'bytes'
  | 'first-difference'
  | 'argument'
  | 'text'
  | 'stat'
  | 'descriptors'
  | 'page-frames'
  | 'repeat-summary';

/** What a successful operation leaves its client with, and what that refers to. */
export interface GivenReference {
  /**
   * - `descriptor`: `value` is it; `pair`: two descriptors, in the out bytes;
   * - `mapping`: `value` is its address; `client`: a child, which inherits what its parent holds;
   * - `message`: a descriptor that lies in a socket until it is received;
   * - `request`: whatever the request says, in the argument.
   */
  readonly kind: 'descriptor' | 'pair' | 'mapping' | 'client' | 'message' | 'request';
  /**
   * The argument whose file or memory it refers to as well. Left out, it refers to something new,
   * or to what was received.
   */
  readonly of?: string;
  /** The argument that names the new descriptor; left out, it is the lowest that is free. */
  readonly at?: string;
  /** The argument with the bytes of a mapping. */
  readonly length?: string;
  /** What it refers to came in a message. */
  readonly received?: true;
  /** Only some commands give it. */
  readonly byCommand?: true;
}

/** What an operation takes away, whole or in part. */
export interface DroppedReference {
  /**
   * - `descriptor`: the one that `at` names;
   * - `mapping`: `length` bytes at `at` plus the argument `offset`, if there is one;
   * - `access`: the same memory stays mapped, and from then on no oracle can say what an access does;
   * - `image`: every mapping and whatever closes on exec, of the calling client;
   * - `client`: all that a client holds: the one that `of` names, or the calling one.
   */
  readonly kind: 'descriptor' | 'mapping' | 'access' | 'image' | 'client';
  readonly at?: string;
  readonly length?: string;
  readonly of?: string;
  /** It may have dropped something although it failed, unless with EBADF. */
  readonly evenIfFailed?: true;
}

/** One row of {@link OPERATIONS}. */
export interface OperationSpec {
  /** Number on the wire. */
  readonly code: number;
  readonly capability: Capability;
  readonly result: ResultKind;
  /** Arguments in wire order. */
  readonly arguments: Readonly<Record<string, ArgumentKind>>;
  readonly out: OutShape;
  /** Left out: it makes no reference that outlives the call. */
  readonly gives?: GivenReference;
  /** Left out: it takes nothing away. `repeat` drops what its body does. */
  readonly drops?: DroppedReference;
  /**
   * What it waits for: `never` anything, so that one that does not come back accuses the target;
   * `time`; what other `clients` do; or what its `body` does. Left out: the rest of the system
   * answers, and when it is late that says nothing of the target.
   */
  readonly waits?: 'never' | 'time' | 'clients' | 'body';
  /**
   * What the fuzzer may do with it in a scenario. `movable`: repeat it, drop it and move it anywhere;
   * `fixed`: it makes or ends clients, or says what they inherit, and stays where a generator put
   * it; `watching`: it looks at the whole client or machine, so it stays apart from what changes
   * them. Left out: no scenario that was changed, or read from a folder, may have it.
   */
  readonly scenario?: 'movable' | 'fixed' | 'watching';
  /** It touches mapped memory of the client itself, so its outcome may be `faulted`. */
  readonly faults?: true;
  /** Errnos by which Linux says that its own memory ran out, beside ENOMEM. */
  readonly outOfMemory?: readonly ErrnoName[];
  /** An executor may have descriptors of its own in the client as long as it lasts. */
  readonly ownFiles?: true;
  /** What it does, what `value` is and what the out bytes are, for the protocol page. */
  readonly summary: string;
}
