import { allLines, isBefore, keyOf, type Line, type Step, stepsOf } from './c-threads.ts';

/** A line and how many of its steps are over. */
export interface Mark {
  readonly line: Line;
  readonly steps: number;
}

/** What keeps the order in which calls came that did not overlap. */
export interface Order {
  /** Before a step, by its key: what must be over first. */
  readonly waits: ReadonlyMap<string, readonly Mark[]>;
  /** At the end of the first line: what nothing else has waited for. */
  readonly atEnd: readonly Mark[];
  /** Lines of which somebody waits for steps: their numbers. */
  readonly awaited: ReadonlyMap<Line, ReadonlySet<number>>;
}

/** How many steps of each line are surely over. */
type Clock = Map<Line, number>;

/**
 * The fewest waits that keep the order: a step waits for a line only where nothing that its own
 * line has waited for, was forked after or has started says already that it is so far.
 */
export function orderOf(lines: readonly Line[]): Order {
  return new Sequencer(lines).order();
}

interface Placed {
  readonly line: Line;
  readonly step: Step;
  /** Number in its line, from 1. */
  readonly number: number;
}

class Sequencer {
  readonly #all: readonly Line[];
  readonly #first: Line | undefined;
  readonly #placed: readonly Placed[];
  readonly #parents = new Map<Line, Line>();
  readonly #clocks = new Map<Line, Clock>();
  /** What was known when a step was over, by its key. */
  readonly #known = new Map<string, Clock>();
  readonly #waits = new Map<string, Mark[]>();
  readonly #awaited = new Map<Line, Set<number>>();

  constructor(lines: readonly Line[]) {
    this.#all = allLines(lines);
    this.#first = lines[0];
    this.#placed = this.#all
      .flatMap((line) => stepsOf(line).map((step, index) => ({ line, step, number: index + 1 })))
      .toSorted((a, b) => a.step.program - b.step.program || byCall(a.step, b.step));
    for (const line of this.#all) {
      for (const item of line.items) {
        if (item.kind !== 'together') continue;
        for (const child of item.lines) this.#parents.set(child, line);
      }
    }
  }

  order(): Order {
    for (const placed of this.#placed) this.#place(placed);
    const first = this.#first;
    const atEnd = first === undefined ? [] : this.#missing(first, () => true, undefined);
    return { waits: this.#waits, atEnd, awaited: this.#awaited };
  }

  #place({ line, step, number }: Placed): void {
    const key = keyOf(step);
    const clock = this.#clockOf(line, step);
    const waits = this.#missing(line, (other) => isBefore(other, step), step);
    if (waits.length > 0) this.#waits.set(key, waits);
    clock.set(line, number);
    this.#known.set(key, new Map(clock));
    // A forked client knows what its parent knew, and that it was forked.
    if (step.operation.op !== 'fork') return;
    const { client } = step.operation;
    const child = this.#all.find((one) => one.client === client && !this.#parents.has(one));
    if (child !== undefined && !this.#clocks.has(child)) this.#clocks.set(child, new Map(clock));
  }

  #clockOf(line: Line, step: Step): Clock {
    const parent = this.#parents.get(line);
    const known = this.#clocks.get(line);
    const clock = known ?? new Map(parent === undefined ? [] : this.#clocks.get(parent));
    this.#clocks.set(line, clock);
    // Threads of its own are joined before a line goes on, and begin after it has come so far.
    for (const [child, owner] of this.#parents) {
      if (owner !== line || !stepsOf(child).every((one) => one.program < step.program)) continue;
      merge(clock, this.#clocks.get(child) ?? new Map());
      clock.set(child, stepsOf(child).length);
    }
    if (parent !== undefined) {
      clock.set(parent, stepsOf(parent).filter((one) => one.program < step.program).length);
    }
    return clock;
  }

  /** Marks that a line has to wait for, those that say most first. */
  #missing(line: Line, before: (other: Step) => boolean, step: Step | undefined): Mark[] {
    const clock = this.#clocks.get(line) ?? new Map<Line, number>();
    this.#clocks.set(line, clock);
    const marks: Mark[] = [];
    const wanted = this.#all
      .filter((other) => other !== line && !this.#joins(line, other, step))
      .map((other) => ({ other, steps: stepsOf(other).filter(before) }))
      .filter(({ steps }) => steps.length > 0)
      .toSorted((a, b) => -byReturn(a.steps.at(-1), b.steps.at(-1)));
    for (const { other, steps } of wanted) {
      if ((clock.get(other) ?? 0) >= steps.length) continue;
      marks.push({ line: other, steps: steps.length });
      const last = steps.at(-1);
      if (last !== undefined) merge(clock, this.#known.get(keyOf(last)) ?? new Map());
      clock.set(other, Math.max(clock.get(other) ?? 0, steps.length));
      const numbers = this.#awaited.get(other) ?? new Set();
      this.#awaited.set(other, numbers.add(steps.length));
    }
    return marks;
  }

  /** Whether a line joins the other anyway: at its end all threads of its own are over. */
  #joins(line: Line, other: Line, step: Step | undefined): boolean {
    return step === undefined && this.#parents.get(other) === line;
  }
}

function merge(clock: Clock, other: Clock): void {
  for (const [line, steps] of other) clock.set(line, Math.max(clock.get(line) ?? 0, steps));
}

const byCall = (a: Step, b: Step): number => compare(a.result?.call ?? 0n, b.result?.call ?? 0n);

function byReturn(a: Step | undefined, b: Step | undefined): number {
  const programs = (a?.program ?? 0) - (b?.program ?? 0);
  return programs === 0 ? compare(a?.result?.return ?? 0n, b?.result?.return ?? 0n) : programs;
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : Number(a > b));
