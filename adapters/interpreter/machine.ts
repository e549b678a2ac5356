import type { History } from '../contract/history.ts';
import type { CallContext, ProgramCall } from './call.ts';
import type { Clock } from './clock.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * The ground under Programs in this process. The interpreter knows threads, slots, loops, time and
 * deadlines; the machine knows processes and what each operation does.
 */
export interface ProgramMachine<P extends Process> {
  readonly clock: Clock;
  /** Seeds what is done at random when the Program has no seed of its own. */
  readonly seed: bigint;
  /** Chooses among threads; every Program gets a fresh one. */
  scheduler(random: Random): Scheduler;
  /** A client by its name, dead or alive. */
  process(name: string): P | undefined;
  /** An operation that a living process is about to do. */
  call(context: CallContext<P>): ProgramCall<P>;
  /** A thread of the process has left its call; a process that is dying may end now. */
  left(process: P): void;
  /** Kills a process whose time is up. */
  expire(process: P): void;
  /** Deaths and the kernel's log since the last call, which are then forgotten. */
  take(): Pick<History, 'deaths' | 'log' | 'taint'>;
}
