/**
 * Whether concurrent operations on one object can be put into an order that explains all of them:
 * the search of Wing and Gong with the memory of Lowe. Objects that do not touch each other are to
 * be checked apart, which is what keeps the search small.
 */

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
  const sorted = calls.toSorted((a, b) => (a.call < b.call ? -1 : 1));
  const search = new Search(sorted, model, steps);
  return search.run();
}

interface SearchStep<State> {
  readonly state: State;
  /** Calls that may come next, and how many of them were tried. */
  readonly candidates: readonly number[];
  tried: number;
  /** The call that led here. */
  readonly taken: number;
}

class Search<State, Action> {
  readonly #calls: readonly ConcurrentCall<Action>[];
  readonly #model: Model<State, Action>;
  readonly #done: Uint8Array;
  readonly #seen = new Set<string>();
  /** Calls before it are all done. */
  #first = 0;
  /** Calls that are done. */
  #count = 0;
  #open: number;
  #steps: number;

  constructor(
    calls: readonly ConcurrentCall<Action>[],
    model: Model<State, Action>,
    steps: number,
  ) {
    this.#calls = calls;
    this.#model = model;
    this.#done = new Uint8Array(calls.length);
    this.#open = calls.filter((one) => one.return !== undefined).length;
    this.#steps = steps;
  }

  run(): Linearizability {
    const stack = [this.#stepTo(this.#model.initial, -1)];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (this.#open === 0) return 'linearizable';
      const next = top.candidates[top.tried];
      if (next === undefined) {
        stack.pop();
        this.#undo(top.taken);
        continue;
      }
      top.tried += 1;
      if (this.#steps === 0) return 'unknown';
      this.#steps -= 1;
      const state = this.#model.step(
        top.state,
        (this.#calls[next] as ConcurrentCall<Action>).action,
      );
      if (state === undefined) continue;
      this.#take(next);
      if (this.#isNew(state)) stack.push(this.#stepTo(state, next));
      else this.#undo(next);
    }
    return 'impossible';
  }

  #stepTo(state: State, taken: number): SearchStep<State> {
    return { state, candidates: this.#minimal(), tried: 0, taken };
  }

  /** Calls that no call which is still to come had surely returned before. */
  #minimal(): number[] {
    let bound: bigint | undefined;
    const open: number[] = [];
    for (let index = this.#first; index < this.#calls.length; index += 1) {
      if (this.#done[index] === 1) continue;
      const one = this.#calls[index] as ConcurrentCall<Action>;
      if (bound !== undefined && one.call > bound) break;
      open.push(index);
      if (one.return !== undefined && (bound === undefined || one.return < bound))
        bound = one.return;
    }
    return open.filter(
      (index) =>
        bound === undefined || (this.#calls[index] as ConcurrentCall<Action>).call <= bound,
    );
  }

  #take(index: number): void {
    this.#done[index] = 1;
    this.#count += 1;
    while (this.#done[this.#first] === 1) this.#first += 1;
    if (this.#calls[index]?.return !== undefined) this.#open -= 1;
  }

  #undo(index: number): void {
    if (index < 0) return;
    this.#done[index] = 0;
    this.#count -= 1;
    if (index < this.#first) this.#first = index;
    if (this.#calls[index]?.return !== undefined) this.#open += 1;
  }

  /** What is done: how many in a row from the start, and which others. */
  #doneInWords(): string {
    let words = `${this.#first}`;
    for (let index = this.#first + 1, left = this.#count - this.#first; left > 0; index += 1) {
      if (this.#done[index] !== 1) continue;
      words += `,${index}`;
      left -= 1;
    }
    return words;
  }

  #isNew(state: State): boolean {
    const key = `${this.#doneInWords()} ${this.#model.key(state)}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }
}
