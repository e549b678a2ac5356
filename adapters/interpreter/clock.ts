/** Nanoseconds that a reading takes: no two are equal, so that intervals are ordered. */
const TICK_NS = 250n;

/** The target's monotonic clock. Virtual: it moves only as work is done, so runs repeat exactly. */
export class Clock {
  #now = 1_000_000_000n;

  /** Nanoseconds since the machine started. */
  get now(): bigint {
    return this.#now;
  }

  /** Reads the clock, later than any reading before. */
  tick(): bigint {
    this.#now += TICK_NS;
    return this.#now;
  }

  /** Lets time pass while nothing can run. */
  advanceTo(instant: bigint): void {
    if (instant > this.#now) this.#now = instant;
  }
}
