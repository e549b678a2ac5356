import { type RepeatStep, type Result, succeeded, wordOf } from '../contract/history.ts';
import type { CompiledOperation } from './compile.ts';

/** Anomalies that are kept of each operation. */
const ANOMALIES_MAX = 8;

/** A result of an operation that was never reached. */
export const NOT_RUN_RESULT: Result = {
  outcome: 'not-run',
  value: -1n,
  out: new Uint8Array(0),
  call: 0n,
};

/** Counts what one operation of a `repeat` body does over all iterations. */
class Tally {
  readonly #steady: boolean;
  readonly #failures = new Map<string, bigint>();
  readonly #anomalies: { iteration: bigint; result: Result }[] = [];
  #runs = 0;
  #failed = 0;
  #first = NOT_RUN_RESULT;
  #last = NOT_RUN_RESULT;

  constructor(steady: boolean) {
    this.#steady = steady;
  }

  add(result: Result): void {
    if (this.#runs === 0) this.#first = result;
    else if (this.#anomalies.length < ANOMALIES_MAX && this.#differs(result)) {
      this.#anomalies.push({ iteration: BigInt(this.#runs), result });
    }
    this.#runs += 1;
    this.#last = result;
    if (succeeded(result)) return;
    this.#failed += 1;
    const word = wordOf(result);
    this.#failures.set(word, (this.#failures.get(word) ?? 0n) + 1n);
  }

  #differs(result: Result): boolean {
    const first = this.#first;
    if (result.outcome !== first.outcome) return true;
    if (result.errno !== first.errno || result.signal !== first.signal) return true;
    return this.#steady && result.value !== first.value;
  }

  get step(): RepeatStep {
    return {
      succeeded: BigInt(this.#runs - this.#failed),
      failed: BigInt(this.#failed),
      first: this.#first,
      last: this.#last,
      failures: Object.fromEntries(this.#failures),
      anomalies: this.#anomalies,
    };
  }
}

/** The tallies of an outermost `repeat`: one for each operation below it, in Program order. */
export class Tallies {
  readonly #tallies = new Map<CompiledOperation, Tally>();

  constructor(body: readonly CompiledOperation[]) {
    for (const operation of body) this.#include(operation);
  }

  #include(operation: CompiledOperation): void {
    this.#tallies.set(operation, new Tally(operation.steady));
    for (const inner of operation.loop?.body ?? []) this.#include(inner);
  }

  add(operation: CompiledOperation, result: Result): void {
    this.#tallies.get(operation)?.add(result);
  }

  get steps(): readonly RepeatStep[] {
    return [...this.#tallies.values()].map((tally) => tally.step);
  }
}
