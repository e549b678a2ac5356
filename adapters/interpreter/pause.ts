/**
 * What a system call yields. A string names a preemption point: another thread may run there. A
 * {@link Blocked} says that the call cannot go on before something happened.
 */
export type Pause = string | Blocked;

/** A system call that sleeps. */
export interface Blocked {
  /** Whether what it waits for has come. */
  ready(): boolean;
  /** Nanoseconds on the virtual clock at which it goes on in any case. */
  readonly wakeAt?: bigint;
}

/** A system call under way: yields where it may be preempted, returns what came of it. */
export type SystemCall<T> = Generator<Pause, T, void>;
