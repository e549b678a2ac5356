import type { RoundReport } from '../judge/round-report.ts';
import type { Ranges } from '../record/ranges.ts';

/** Rounds that are run on one session, and by one worker. */
export const BATCH = 32;

/** A batch under way. */
export interface Batch {
  readonly indices: readonly number[];
  /** Of those that were run, which may be fewer. */
  readonly reports: Promise<readonly RoundReport[]>;
}

/** The rounds that batches are cut from. */
export interface BatchOptions {
  /** Rounds of an epoch; no batch belongs to two. */
  readonly epochRounds: number;
  /** Rounds that an earlier part of the campaign has done. */
  readonly done: Ranges;
  /** Rounds that there may be in all, those included. */
  readonly most: number;
  /** Whether each batch has a fresh target, on which its rounds depend on those before them. */
  readonly whole: boolean;
}

/**
 * Cuts the rounds of a campaign into batches. Where what a round meets depends on its batch, one
 * that was done in part is run again from its beginning, so that the rest of it meets the same.
 */
export class Batches {
  readonly #options: BatchOptions;
  #given: number;
  #next: number;

  constructor(options: BatchOptions) {
    this.#options = options;
    this.#given = options.done.size;
    const first = options.done.firstMissing;
    this.#next = first - ((first % options.epochRounds) % BATCH);
  }

  /** The epoch of the next batch. */
  get epoch(): number {
    return Math.floor(this.#next / this.#options.epochRounds);
  }

  /** The next rounds; empty when there may be no more. */
  take(): readonly number[] {
    const { done, epochRounds, most, whole } = this.#options;
    while (this.#given < most) {
      const end = Math.min(this.#next + BATCH, (this.epoch + 1) * epochRounds);
      const indices: number[] = [];
      let missing = 0;
      for (; this.#next < end && this.#given + missing < most; this.#next += 1) {
        const isDone = done.has(this.#next);
        if (!isDone) missing += 1;
        if (!isDone || whole) indices.push(this.#next);
      }
      this.#given += missing;
      if (missing > 0) return indices;
    }
    return [];
  }
}
