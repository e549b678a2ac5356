import { packed } from '../../../adapters/contract/index.ts';
import { LIFETIME } from '../../../oracles/sweep.ts';
import { PART_OPERATIONS } from '../../generate/packed-writer.ts';

const { HEAD, OPERATION_WORDS, RESULT_WORDS } = packed;

/** Words of what a part says of itself when it is judged. */
export const PART_SUMMARY = {
  /** Operations that were run. */
  ran: 0,
  /** How many lives and failures it has. */
  lives: 1,
  failures: 2,
  /** One more than the row that proves something, by itself; 0 when none does. */
  firstProof: 3,
  /** Words of its changes. */
  changes: 14,
  /** Rows of the Program. */
  operations: 15,
  words: 16,
} as const;

/** Words of a request that was refused for want of room: its row, pages, call and return. */
export const FAILURE = { row: 0, pages: 1, call: 2, return: 3, words: 4 } as const;

/** Further words of a life: when it may have begun and surely was over, by tickets. */
export const MAYBE = { from: 4, until: 5 } as const;

/** Memory that one part of a round writes; the others read it when all have ended. */
export interface PartMemory {
  readonly summary: Int32Array;
  readonly program: Int32Array;
  readonly history: Int32Array;
  readonly lives: Int32Array;
  readonly failures: Int32Array;
  /** Beginnings and ends of lifetimes, in order, as `oracles/sweep.ts` reads them. */
  readonly changes: Int32Array;
  /** The row of the allocation that began each life. */
  readonly births: Int32Array;
}

const SIZES: Readonly<Record<keyof PartMemory, number>> = {
  summary: PART_SUMMARY.words,
  program: PART_OPERATIONS * OPERATION_WORDS,
  history: PART_OPERATIONS * RESULT_WORDS,
  lives: PART_OPERATIONS * LIFETIME.words,
  failures: PART_OPERATIONS * FAILURE.words,
  changes: PART_OPERATIONS * 2,
  births: PART_OPERATIONS,
};
const PART_WORDS = Object.values(SIZES).reduce((sum, one) => sum + one, 0);

/** The memory of a round that runs in several threads: the target's, and that of each part. */
export class RoundMemory {
  readonly parts: readonly PartMemory[];
  /** The target's words, which begin with the {@link HEAD}. */
  readonly target: Int32Array;

  /** @param buffer of {@link RoundMemory.bytesFor} bytes, as it is shared */
  constructor(buffer: SharedArrayBuffer, targetWords: number, parts: number) {
    this.target = new Int32Array(buffer, 0, targetWords);
    this.parts = Array.from({ length: parts }, (_, part) => {
      let at = targetWords + part * PART_WORDS;
      const views = Object.entries(SIZES).map(([name, words]) => {
        at += words;
        return [name, new Int32Array(buffer, (at - words) * 4, words)];
      });
      return Object.fromEntries(views) as PartMemory;
    });
  }

  static bytesFor(targetWords: number, parts: number): number {
    return (targetWords + parts * PART_WORDS) * 4;
  }

  /** Makes a memory that was used before ready for other rounds. */
  static clear(buffer: SharedArrayBuffer): void {
    new Int32Array(buffer, 0, HEAD.target).fill(0);
  }

  /** Starts the tickets of a round; no thread draws one meanwhile. */
  restartClock(): void {
    Atomics.store(this.target, HEAD.clock, 0);
  }

  /** Tickets that were given. */
  get tickets(): number {
    return Atomics.load(this.target, HEAD.clock);
  }
}

/** Looks before a thread goes to sleep: most rounds are over within as many. */
const SPINS = 5000;
/** Milliseconds after which a sleeper looks whether another was lost. */
const SLEEP_MS = 50;

/**
 * Waits until so many threads have come here, or further.
 *
 * @param target the head of the shared memory
 * @param arrivals of all threads together, at this place and those before
 * @throws Error when the round was aborted meanwhile
 */
export function waitForParts(target: Int32Array, arrivals: number): void {
  Atomics.add(target, HEAD.arrived, 1);
  Atomics.notify(target, HEAD.arrived);
  for (let look = 0; ; look += 1) {
    const there = Atomics.load(target, HEAD.arrived);
    if (there >= arrivals) return;
    if (Atomics.load(target, HEAD.aborted) !== 0) throw new Error('another part was lost');
    if (look > SPINS) Atomics.wait(target, HEAD.arrived, there, SLEEP_MS);
  }
}

/** Releases every thread that waits, when a part was lost. */
export function releaseParts(buffer: SharedArrayBuffer): void {
  const head = new Int32Array(buffer, 0, HEAD.target);
  Atomics.store(head, HEAD.aborted, 1);
  Atomics.notify(head, HEAD.arrived);
}
