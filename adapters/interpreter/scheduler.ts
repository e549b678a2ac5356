import type { Random } from './random.ts';

/** A thread that could run now. */
export interface Candidate {
  /** Its index in the Program. */
  readonly index: number;
  /** The preemption point at which it stands. */
  readonly point: string;
}

/**
 * Chooses which thread of a Program runs until its next preemption point. The choice must follow
 * from what it was given alone, so that the same seed gives the same History.
 */
export interface Scheduler {
  /** @returns an index into `candidates`, which has at least two */
  choose(candidates: readonly Candidate[]): number;
}

/** Every thread that could run is as likely as any other. */
export class RandomScheduler implements Scheduler {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  choose(candidates: readonly Candidate[]): number {
    return this.#random.below(candidates.length);
  }
}

/** Threads take turns in the order of the Program. */
export class RoundRobin implements Scheduler {
  #last = -1;

  choose(candidates: readonly Candidate[]): number {
    const next = candidates.findIndex(({ index }) => index > this.#last);
    const chosen = Math.max(next, 0);
    this.#last = candidates[chosen]?.index ?? -1;
    return chosen;
  }
}
