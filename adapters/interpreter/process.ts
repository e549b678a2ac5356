/** A timer of setitimer(2); both in nanoseconds. */
export interface Timer {
  readonly interval: bigint;
  next: bigint;
}

/** A client process, as the interpreter sees it. */
export interface Process {
  readonly alive: boolean;
  readonly timer?: Timer | undefined;
  /** Threads that are in a call now. */
  callsInside: number;
}
