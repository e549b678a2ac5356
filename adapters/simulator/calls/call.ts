import type { ErrnoName } from '../../contract/errno.ts';
import type { UntypedOperation } from '../../contract/program.ts';
import type { Client } from '../client.ts';
import type { Kernel } from '../kernel.ts';
import type { OpenFile } from '../open-file.ts';
import type { SystemCall } from '../pause.ts';
import type { Random } from '../random.ts';
import type { UserArgument } from '../user-argument.ts';

/** What came of a call when a number or an errno does not say it all. */
export interface Answer {
  readonly value?: bigint | ErrnoName;
  readonly out?: Uint8Array;
  /** A fault, and the byte from the given address that raised it. */
  readonly signal?: 'SIGSEGV' | 'SIGBUS';
  readonly faultOffset?: bigint;
  readonly redZone?: readonly ('before' | 'after')[];
  readonly unsupported?: true;
}

/** What a call returns: its value, the errno that it failed with, or more than that. */
export type Reply = bigint | ErrnoName | Answer;

/** Does one operation. Those that can be preempted are generators. */
export type Handler = (call: Call) => Reply | SystemCall<Reply>;

/** What the calls of one Program share. */
export interface Surroundings {
  readonly kernel: Kernel;
  readonly random: Random;
  /** Threads that have arrived at a barrier and generations that have left it, by its parties. */
  readonly barriers: Map<number, { arrived: number; generation: number }>;
  /** Ends the other threads of a client, as exec does. */
  stopOthers(call: Call): void;
}

/** Why a call that slept went on. */
export type Woken = 'ready' | 'timed-out' | 'interrupted';

/** One operation under way. */
export abstract class Call {
  readonly client: Client;
  readonly operation: UntypedOperation;
  readonly around: Surroundings;
  /** The argument in user memory, while it is placed there. */
  argument: UserArgument | undefined;

  constructor(client: Client, operation: UntypedOperation, around: Surroundings) {
    this.client = client;
    this.operation = operation;
    this.around = around;
  }

  get kernel(): Kernel {
    return this.around.kernel;
  }

  /** An operand as 64 unsigned bits; 0 when it was left out. */
  abstract word(name: string): bigint;
  /** Whether the calling thread is to end. */
  abstract get ending(): boolean;

  /** An operand as the `int` that the kernel sees. */
  int(name: string): number {
    return Number(BigInt.asIntN(32, this.word(name)));
  }

  /** An operand as the `unsigned int` that the kernel sees. */
  uint(name: string): number {
    return Number(BigInt.asUintN(32, this.word(name)));
  }

  /** Bytes of the operation. */
  get bytes(): Uint8Array {
    return this.operation.bytes as Uint8Array;
  }

  /** The file at a descriptor, O_PATH or not; EBADF when there is none. */
  anyFile(name = 'fd'): OpenFile | 'EBADF' {
    const file = this.client.table.at(this.int(name));
    if (file === undefined || !file.alive('__fget_files')) return 'EBADF';
    return file;
  }

  /** The file at a descriptor that can be worked with. */
  file(name = 'fd'): OpenFile | 'EBADF' {
    const file = this.anyFile(name);
    return file === 'EBADF' || file.pathOnly ? 'EBADF' : file;
  }

  /** Gives a file, whose reference it takes over, the lowest free descriptor from `from` on. */
  install(file: OpenFile, closeOnExec: boolean, from = 0): bigint | ErrnoName {
    const { table, descriptorLimit } = this.client;
    const number = table.reserve(descriptorLimit, closeOnExec, from);
    if (typeof number === 'string') {
      file.put('fput');
      return number;
    }
    table.install(number, file);
    return BigInt(number);
  }

  /**
   * Sleeps until something is ready, an instant has come, or a signal interrupts.
   *
   * @param wakeAt nanoseconds on the clock; for ever when undefined
   */
  *sleep(ready: () => boolean, wakeAt?: bigint): SystemCall<Woken> {
    const { clock } = this.kernel;
    const { timer } = this.client;
    const alarm = timer?.next;
    const first = earlier(wakeAt, alarm);
    yield {
      ready: () => ready() || this.ending,
      ...(first === undefined ? {} : { wakeAt: first }),
    };
    if (ready()) return 'ready';
    if (this.ending) return 'interrupted';
    if (timer === undefined || alarm === undefined || alarm > clock.now) return 'timed-out';
    while (timer.next <= clock.now) timer.next += timer.interval;
    return 'interrupted';
  }
}

function earlier(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}
