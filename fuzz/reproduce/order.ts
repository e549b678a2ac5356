import { allThreads, type CStep, type CThread, isBefore, stepKey, stepsOf } from './c-threads.ts';

/** A thread and how many of its steps are over. */
export interface Mark {
  readonly thread: CThread;
  readonly steps: number;
}

/** The waits that keep the order of calls that did not overlap. */
export interface Order {
  /** Before a step, by its key: what must be over first. */
  readonly waits: ReadonlyMap<string, readonly Mark[]>;
  /** At the end of the first thread: what nothing else has waited for. */
  readonly atEnd: readonly Mark[];
  /** Threads whose steps another one waits for, with the numbers of these steps. */
  readonly awaited: ReadonlyMap<CThread, ReadonlySet<number>>;
}

/** How many steps of each thread are surely over. */
type Clock = Map<CThread, number>;

/**
 * The fewest waits that keep the order: a step waits for a thread only where nothing that its own
 * thread has waited for, was forked after or has started says already that it is so far.
 */
export function orderOf(threads: readonly CThread[]): Order {
  return new Sequencer(threads).order();
}

interface Placed {
  readonly thread: CThread;
  readonly step: CStep;
  /** Number in its thread, from 1. */
  readonly number: number;
}

class Sequencer {
  readonly #all: readonly CThread[];
  readonly #first: CThread | undefined;
  readonly #placed: readonly Placed[];
  readonly #parents = new Map<CThread, CThread>();
  readonly #clocks = new Map<CThread, Clock>();
  /** The clock of a thread when a step was over, by the step's key. */
  readonly #known = new Map<string, Clock>();
  readonly #waits = new Map<string, Mark[]>();
  readonly #awaited = new Map<CThread, Set<number>>();

  constructor(threads: readonly CThread[]) {
    this.#all = allThreads(threads);
    this.#first = threads[0];
    this.#placed = this.#all
      .flatMap((thread) =>
        stepsOf(thread).map((step, index) => ({ thread, step, number: index + 1 })),
      )
      .toSorted((a, b) => a.step.program - b.step.program || byCall(a.step, b.step));
    for (const thread of this.#all) {
      for (const item of thread.items) {
        if (item.kind !== 'together') continue;
        for (const child of item.threads) this.#parents.set(child, thread);
      }
    }
  }

  order(): Order {
    for (const placed of this.#placed) this.#place(placed);
    const first = this.#first;
    const atEnd = first === undefined ? [] : this.#missing(first, () => true, undefined);
    return { waits: this.#waits, atEnd, awaited: this.#awaited };
  }

  #place({ thread, step, number }: Placed): void {
    const key = stepKey(step);
    const clock = this.#clockOf(thread, step);
    const waits = this.#missing(thread, (other) => isBefore(other, step), step);
    if (waits.length > 0) this.#waits.set(key, waits);
    clock.set(thread, number);
    this.#known.set(key, new Map(clock));
    // A forked client knows what its parent knew, and that it was forked.
    if (step.operation.op !== 'fork') return;
    const { client } = step.operation;
    const child = this.#all.find((one) => one.client === client && !this.#parents.has(one));
    if (child !== undefined && !this.#clocks.has(child)) this.#clocks.set(child, new Map(clock));
  }

  #clockOf(thread: CThread, step: CStep): Clock {
    const parent = this.#parents.get(thread);
    const known = this.#clocks.get(thread);
    const clock = known ?? new Map(parent === undefined ? [] : this.#clocks.get(parent));
    this.#clocks.set(thread, clock);
    // Threads of its own are joined before a thread goes on, and begin after it has come so far.
    for (const [child, owner] of this.#parents) {
      if (owner !== thread || !stepsOf(child).every((one) => one.program < step.program)) continue;
      merge(clock, this.#clocks.get(child) ?? new Map());
      clock.set(child, stepsOf(child).length);
    }
    if (parent !== undefined) {
      clock.set(parent, stepsOf(parent).filter((one) => one.program < step.program).length);
    }
    return clock;
  }

  /** Marks that a thread has to wait for, those that say most first. */
  #missing(thread: CThread, before: (other: CStep) => boolean, step: CStep | undefined): Mark[] {
    const clock = this.#clocks.get(thread) ?? new Map<CThread, number>();
    this.#clocks.set(thread, clock);
    const marks: Mark[] = [];
    const wanted = this.#all
      .filter((other) => other !== thread && !this.#joins(thread, other, step))
      .map((other) => ({ other, steps: stepsOf(other).filter(before) }))
      .filter(({ steps }) => steps.length > 0)
      .toSorted((a, b) => -byReturn(a.steps.at(-1), b.steps.at(-1)));
    for (const { other, steps } of wanted) {
      if ((clock.get(other) ?? 0) >= steps.length) continue;
      marks.push({ thread: other, steps: steps.length });
      const last = steps.at(-1);
      if (last !== undefined) merge(clock, this.#known.get(stepKey(last)) ?? new Map());
      clock.set(other, Math.max(clock.get(other) ?? 0, steps.length));
      const numbers = this.#awaited.get(other) ?? new Set();
      this.#awaited.set(other, numbers.add(steps.length));
    }
    return marks;
  }

  /** Whether a thread joins the other anyway: at its end all threads of its own are over. */
  #joins(thread: CThread, other: CThread, step: CStep | undefined): boolean {
    return step === undefined && this.#parents.get(other) === thread;
  }
}

function merge(clock: Clock, other: Clock): void {
  for (const [thread, steps] of other) clock.set(thread, Math.max(clock.get(thread) ?? 0, steps));
}

const byCall = (a: CStep, b: CStep): number => compare(a.result?.call ?? 0n, b.result?.call ?? 0n);

function byReturn(a: CStep | undefined, b: CStep | undefined): number {
  const programs = (a?.program ?? 0) - (b?.program ?? 0);
  return programs === 0 ? compare(a?.result?.return ?? 0n, b?.result?.return ?? 0n) : programs;
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : Number(a > b));
