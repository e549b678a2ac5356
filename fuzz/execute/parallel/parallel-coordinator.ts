import { AllocertError } from '../../../adapters/contract/index.ts';
import type { RoundReport } from '../../judge/round-report.ts';
import type { PartTask } from './packed-report.ts';
import { RoundMemory, releaseParts } from './round-memory.ts';

/** Hands a part to a worker; rejects with an error that is none of ours when that worker died. */
export type AskPart = (task: PartTask) => Promise<unknown>;

/**
 * Runs parallel rounds in a pool, one part in each worker at once. A pool promises no order, so
 * only one batch is handed out at a time: a part that waits for another then waits for one that no
 * waiting part keeps from beginning.
 */
export class ParallelCoordinator {
  readonly #words: number;
  readonly #parts: number;
  readonly #ask: AskPart;
  #buffer: SharedArrayBuffer | undefined;
  /** Settled when the batch before is over. */
  #before: Promise<unknown> = Promise.resolve();

  /** @param words 32-bit words of the target that the parts share */
  constructor(words: number, parts: number, ask: AskPart) {
    this.#words = words;
    this.#parts = parts;
    this.#ask = ask;
  }

  /**
   * Runs a batch of rounds, one after the other.
   *
   * @throws Error when a worker died, whatever the others say then
   */
  run(indices: readonly number[], known: ReadonlySet<string>): Promise<readonly RoundReport[]> {
    const batch = this.#before.then(() => this.#batch(indices, known));
    this.#before = batch.catch(() => undefined);
    return batch;
  }

  async #batch(
    indices: readonly number[],
    known: ReadonlySet<string>,
  ): Promise<readonly RoundReport[]> {
    const parts = this.#parts;
    const buffer = this.#memory();
    const asked = Array.from({ length: parts }, (_, part) =>
      this.#ask({ indices, part, parts, buffer, known: new Set(known) }),
    );
    // Those that wait for a part which never comes would wait for ever.
    for (const one of asked) one.catch(() => releaseParts(buffer));
    const settled = await Promise.allSettled(asked);
    const reasons = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    if (reasons.length > 0) {
      this.#buffer = undefined;
      throw reasons.find((reason) => !(reason instanceof AllocertError)) ?? reasons[0];
    }
    return settled.flatMap((one) =>
      one.status === 'fulfilled' ? (one.value as readonly RoundReport[]) : [],
    );
  }

  #memory(): SharedArrayBuffer {
    const bytes = RoundMemory.bytesFor(this.#words, this.#parts);
    this.#buffer ??= new SharedArrayBuffer(bytes);
    RoundMemory.clear(this.#buffer);
    return this.#buffer;
  }
}
