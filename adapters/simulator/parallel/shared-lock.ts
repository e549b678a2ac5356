import { HEAD } from '../../contract/packed.ts';
import type { RegionLock } from '../buffers/region.ts';

/** The states of the word: free, held by a thread, held while other threads sleep. */
const FREE = 0;
const HELD = 1;
const AWAITED = 2;
/** Looks at the word before a thread goes to sleep: what it waits for takes less than that. */
const SPINS = 200;
/** Milliseconds after which a sleeper looks whether the holder was lost. */
const SLEEP_MS = 50;

/**
 * A lock in shared memory, between threads. Atomics on one word are sequentially consistent: thus
 * whoever takes the lock sees all that its last holder did. Source: the second mutex of U. Drepper,
 * Futexes Are Tricky.
 */
export class SharedLock implements RegionLock {
  readonly #memory: Int32Array;
  readonly #at: number;

  /** @param at the word of the lock; 0 at first */
  constructor(memory: Int32Array, at: number) {
    this.#memory = memory;
    this.#at = at;
  }

  /** @throws Error when the round was aborted: a thread that is gone may have the lock */
  take(): void {
    if (Atomics.compareExchange(this.#memory, this.#at, FREE, HELD) !== FREE) this.#contend();
  }

  #contend(): void {
    for (let spin = 0; spin < SPINS; spin += 1) {
      if (Atomics.compareExchange(this.#memory, this.#at, FREE, HELD) === FREE) return;
    }
    while (Atomics.exchange(this.#memory, this.#at, AWAITED) !== FREE) {
      Atomics.wait(this.#memory, this.#at, AWAITED, SLEEP_MS);
      if (Atomics.load(this.#memory, HEAD.aborted) !== 0) throw new Error('the round was aborted');
    }
  }

  give(): void {
    if (Atomics.exchange(this.#memory, this.#at, FREE) === AWAITED) {
      Atomics.notify(this.#memory, this.#at, 1);
    }
  }
}
