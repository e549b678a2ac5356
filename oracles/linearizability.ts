/**
 * Whether concurrent operations on one object can be put into an order that explains all of them:
 * the search of Wing and Gong with the memory of Lowe. Objects that do not touch each other are to
 * be checked apart, which is what keeps the search small.
 */

import { SeenStates } from './seen-states.ts';

/** An operation on the object: it took effect somewhere in [call, return]. */
export interface ConcurrentCall<Action> {
  readonly action: Action;
  readonly call: bigint;
  /** Undefined when it never returned: it may have taken effect at any time, or never. */
  readonly return: bigint | undefined;
}

/** The object, one operation after the other. */
export interface Model<State, Action> {
  readonly initial: State;
  /** The state after an operation with this result; undefined when it cannot have that result. */
  step(state: State, action: Action): State | undefined;
  /** The same text for the same state. */
  key(state: State): string;
}

/** `unknown` when the budget ran out first; it is no pass. */
export type Linearizability = 'linearizable' | 'impossible' | 'unknown';

/**
 * Searches for an order.
 *
 * Sound in both definite answers for any model that is right; the budget counts steps, so that the
 * answer never depends on the speed of a machine.
 *
 * @param steps how many operations may be tried
 */
export function linearizable<State, Action>(
  calls: readonly ConcurrentCall<Action>[],
  model: Model<State, Action>,
  steps: number,
): Linearizability {
  if (isInTurn(calls)) return inTurn(calls, model, steps);
  // Threads that came one after the other are in turn as well, and lie in the list as they like.
  const sorted = calls.toSorted((a, b) => (a.call === b.call ? 0 : a.call < b.call ? -1 : 1));
  return isInTurn(sorted) ? inTurn(sorted, model, steps) : new Search(calls, model, steps).run();
}

/** Whether each call returned before the next one of the list began, so that there is one order. */
function isInTurn(calls: readonly ConcurrentCall<unknown>[]): boolean {
  for (let at = 0; at < calls.length; at += 1) {
    const { return: back } = calls[at] as ConcurrentCall<unknown>;
    const next = calls[at + 1];
    if (back === undefined || (next !== undefined && next.call <= back)) return false;
  }
  return true;
}

/** The one order, for which nothing need be remembered. */
function inTurn<State, Action>(
  calls: readonly ConcurrentCall<Action>[],
  model: Model<State, Action>,
  steps: number,
): Linearizability {
  let state: State | undefined = model.initial;
  let left = steps;
  for (const { action } of calls) {
    if (left === 0) return 'unknown';
    left -= 1;
    state = model.step(state, action);
    if (state === undefined) return 'impossible';
  }
  return 'linearizable';
}

/**
 * The calls and returns that are not yet in the order are a chain in the order of time, out of
 * which a call and its return are taken, and into which they are put back. Which calls may come
 * next is then read from the beginning of the chain, however long it is.
 */
class Search<State, Action> {
  readonly #calls: readonly ConcurrentCall<Action>[];
  readonly #model: Model<State, Action>;
  /** Links of the chain: calls by their places, then their returns, then its beginning. */
  readonly #next: Int32Array;
  readonly #before: Int32Array;
  readonly #head: number;
  /** What was taken, and the state before it. */
  readonly #taken: number[] = [];
  readonly #states: State[] = [];
  #open: number;
  #steps: number;

  constructor(
    calls: readonly ConcurrentCall<Action>[],
    model: Model<State, Action>,
    steps: number,
  ) {
    this.#calls = calls;
    this.#model = model;
    this.#head = 2 * calls.length;
    this.#next = new Int32Array(this.#head + 1);
    this.#before = new Int32Array(this.#head + 1);
    this.#open = calls.filter((one) => one.return !== undefined).length;
    this.#steps = steps;
    this.#link();
  }

  run(): Linearizability {
    const seen = new SeenStates(this.#calls.length);
    let state = this.#model.initial;
    let at = this.#next[this.#head] as number;
    while (this.#open > 0) {
      if (at < this.#calls.length) {
        if (this.#steps === 0) return 'unknown';
        this.#steps -= 1;
        const after = this.#model.step(state, (this.#calls[at] as ConcurrentCall<Action>).action);
        if (after !== undefined && seen.add(at, this.#model.key(after))) {
          this.#take(at, state);
          state = after;
          at = this.#next[this.#head] as number;
        } else {
          at = this.#next[at] as number;
        }
        continue;
      }
      // A call that returned here is not in the order, so nothing that began later may be next.
      const last = this.#taken.pop();
      if (last === undefined) return 'impossible';
      state = this.#states.pop() as State;
      seen.remove(last);
      this.#putBack(last);
      at = this.#next[last] as number;
    }
    return 'linearizable';
  }

  /** Makes the chain of all. A call at the time of a return may have come before it. */
  #link(): void {
    const count = this.#calls.length;
    const timeOf = (link: number): bigint | undefined =>
      link < count ? this.#calls[link]?.call : this.#calls[link - count]?.return;
    const order = Array.from({ length: 2 * count }, (_, link) => ({ link, time: timeOf(link) }))
      .filter((one): one is { link: number; time: bigint } => one.time !== undefined)
      .sort((a, b) => (a.time === b.time ? a.link - b.link : a.time < b.time ? -1 : 1));
    let last = this.#head;
    for (const { link } of order) {
      this.#join(last, link);
      last = link;
    }
    this.#join(last, this.#head);
  }

  #join(one: number, other: number): void {
    this.#next[one] = other;
    this.#before[other] = one;
  }

  #take(call: number, state: State): void {
    this.#taken.push(call);
    this.#states.push(state);
    this.#lift(call);
    if (this.#calls[call]?.return === undefined) return;
    this.#lift(call + this.#calls.length);
    this.#open -= 1;
  }

  #putBack(call: number): void {
    if (this.#calls[call]?.return !== undefined) {
      this.#putIn(call + this.#calls.length);
      this.#open += 1;
    }
    this.#putIn(call);
  }

  #lift(link: number): void {
    this.#join(this.#before[link] as number, this.#next[link] as number);
  }

  /** Puts a link between its old neighbours, which nothing has parted since. */
  #putIn(link: number): void {
    this.#next[this.#before[link] as number] = link;
    this.#before[this.#next[link] as number] = link;
  }
}
