import type { Random } from './random.ts';

/** A thread that could run now. */
export interface RunnableThread {
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
  choose(candidates: readonly RunnableThread[]): number;
}

/** Every thread that could run is as likely as the others. */
export class RandomScheduler implements Scheduler {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  choose(candidates: readonly RunnableThread[]): number {
    return this.#random.below(candidates.length);
  }
}

/** Steps within which a PCT schedule changes its mind; one of them is chosen by the seed. */
const STEPS = [16, 64, 256, 1024];

/**
 * Probabilistic concurrency testing: each thread has a priority, and the one with the highest runs
 * as long as it can; at d-1 steps, chosen beforehand, whoever is about to run becomes the last. A
 * race that needs d orderings among n threads and k steps is met with a probability of at least
 * 1/(n k^(d-1)), however unlikely it is under random turns. Source: Burckhardt et al., ASPLOS 2010.
 */
export class PctScheduler implements Scheduler {
  readonly #random: Random;
  readonly #changes: ReadonlySet<number>;
  readonly #priorities = new Map<number, number>();
  #step = 0;
  /** Below every priority that was given so far. */
  #lowest = 0;

  /** @param depth d: one more than the changes */
  constructor(random: Random, depth: number) {
    this.#random = random;
    const steps = STEPS[random.below(STEPS.length)] ?? 1;
    this.#changes = new Set(Array.from({ length: depth - 1 }, () => random.below(steps)));
  }

  choose(candidates: readonly RunnableThread[]): number {
    const changing = this.#changes.has(this.#step);
    this.#step += 1;
    if (changing) {
      this.#lowest -= 1;
      const demoted = candidates[this.#highest(candidates)];
      if (demoted !== undefined) this.#priorities.set(demoted.index, this.#lowest);
    }
    return this.#highest(candidates);
  }

  #highest(candidates: readonly RunnableThread[]): number {
    let highest = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < candidates.length; at += 1) {
      const priority = this.#priorityOf((candidates[at] as RunnableThread).index);
      if (priority <= most) continue;
      most = priority;
      highest = at;
    }
    return highest;
  }

  /** A thread gets its priority when it is first seen: all of them are above the demoted. */
  #priorityOf(thread: number): number {
    const known = this.#priorities.get(thread);
    if (known !== undefined) return known;
    const fresh = 1 + this.#random.below(2 ** 30);
    this.#priorities.set(thread, fresh);
    return fresh;
  }
}

/** Threads take turns in the order of the Program. */
export class RoundRobin implements Scheduler {
  #last = -1;

  choose(candidates: readonly RunnableThread[]): number {
    const next = candidates.findIndex(({ index }) => index > this.#last);
    const chosen = Math.max(next, 0);
    this.#last = candidates[chosen]?.index ?? -1;
    return chosen;
  }
}
