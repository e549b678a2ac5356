import type { UntypedOperation } from '../contract/program.ts';
import type { CallReply } from './answer.ts';
import type { Clock } from './clock.ts';
import type { SystemCall } from './pause.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { UserArgument } from './user-argument.ts';

/** Threads that have arrived at barriers and generations that have left them, by their parties. */
export type Barriers = Map<number, { arrived: number; generation: number }>;

/** What the interpreter says of one operation under way. */
export interface CallContext<P extends Process> {
  readonly process: P;
  /** Which thread of its Program calls. */
  readonly thread: number;
  readonly operation: UntypedOperation;
  readonly clock: Clock;
  readonly random: Random;
  readonly barriers: Barriers;
  /** Whether the calling thread is to end. */
  readonly ending: boolean;
  /** An operand as 64 unsigned bits; 0 when it was left out. */
  word(name: string): bigint;
  /** Ends the other threads of the process, as exec does. */
  stopOthers(): void;
}

/** Why a call that slept went on. */
export type Woken = 'ready' | 'timed-out' | 'interrupted';

/** One operation under way, with what implementations of operations share. */
export abstract class ProgramCall<P extends Process> {
  readonly context: CallContext<P>;
  /** The argument in user memory, while it is placed there. */
  argument: UserArgument | undefined;

  constructor(context: CallContext<P>) {
    this.context = context;
  }

  /** Does it. Operations that can be preempted are generators. */
  abstract enter(): CallReply | SystemCall<CallReply>;

  get operation(): UntypedOperation {
    return this.context.operation;
  }

  /** An operand as 64 unsigned bits; 0 when it was left out. */
  word(name: string): bigint {
    return this.context.word(name);
  }

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

  /** Whether the calling thread is to end. */
  get ending(): boolean {
    return this.context.ending;
  }

  /**
   * Sleeps until something is ready, an instant has come, or a signal interrupts.
   *
   * @param wakeAt nanoseconds on the clock; for ever when undefined
   */
  *sleep(ready: () => boolean, wakeAt?: bigint): SystemCall<Woken> {
    const { clock, process } = this.context;
    const { timer } = process;
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
