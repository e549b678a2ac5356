import type { Operation, Program } from '../../adapters/contract/index.ts';
import type { Scenario } from '../generate/scenario.ts';
import { operationsIn, withoutIdleThreads } from '../generate/scenario.ts';
import {
  homed,
  joined,
  lengthsIn,
  operationPlaces,
  placementOf,
  plain,
  reseeded,
  withLength,
  without,
} from './smaller.ts';

/** How a scenario is made smaller. */
export interface ShrinkOptions {
  /** Whether a candidate still shows the same violation. */
  shows(candidate: Scenario): Promise<boolean>;
  /** Candidates that may be run; they are counted and not timed, so that results repeat. */
  readonly budget: number;
  /** Asked between two candidates: whether the time for it is over. */
  readonly enough?: () => boolean;
}

/** The smallest scenario that was found, and how many candidates it took. */
export interface Shrunk {
  readonly scenario: Scenario;
  readonly tried: number;
}

/** Other schedules that are tried when nothing more goes under the one that showed it. */
const SEEDS = [1n, 2n, 3n, 4n, 5n, 6n];

/**
 * Makes a scenario smaller under the same violation: whole Programs, threads and runs of operations
 * go, together with whatever refers to what they gave; then threads, clients and regions become
 * one, placements plain and lengths a page. Each pass repeats until nothing more goes. What is left
 * of a race is then tried under other schedules: without an operation the old one meets nothing
 * where another may. No candidate runs twice, and it all ends when the budget is spent.
 */
export async function shrink(scenario: Scenario, options: ShrinkOptions): Promise<Shrunk> {
  const search = new Search(scenario, options);
  return search.run();
}

class Search {
  readonly #options: ShrinkOptions;
  readonly #seen = new Set<string>();
  #best: Scenario;
  #tried = 0;
  /** Schedule of the candidates; that of the scenario when undefined. */
  #seed: bigint | undefined;

  constructor(scenario: Scenario, options: ShrinkOptions) {
    this.#best = scenario;
    this.#options = options;
  }

  async run(): Promise<Shrunk> {
    await this.#reduce();
    for (const seed of SEEDS) {
      if (this.#best.programs.every(({ threads }) => threads.length < 2)) break;
      this.#seed = seed;
      await this.#reduce();
    }
    return { scenario: this.#best, tried: this.#tried };
  }

  get #programs(): readonly Program[] {
    return this.#best.programs;
  }

  get #spent(): boolean {
    return this.#tried >= this.#options.budget || this.#options.enough?.() === true;
  }

  /** Every pass, until none makes it smaller. */
  async #reduce(): Promise<void> {
    for (let before = Number.POSITIVE_INFINITY; ; ) {
      await this.#dropPrograms();
      await this.#dropThreads();
      await this.#dropOperations();
      await this.#joinThreads();
      await this.#joinClients();
      await this.#makePlain();
      await this.#shortenLengths();
      const now = operationsIn(this.#best);
      if (now >= before || this.#spent) break;
      before = now;
    }
  }

  /** Takes a candidate if it still shows the violation. */
  async #try(programs: readonly Program[] | undefined): Promise<boolean> {
    if (programs === undefined) return false;
    const left = withoutIdleThreads(programs);
    const scheduled = this.#seed === undefined ? left : reseeded(left, this.#seed);
    const candidate = { ...this.#best, programs: scheduled };
    const key = JSON.stringify(candidate.programs, textOf);
    if (this.#spent || this.#seen.has(key)) return false;
    this.#seen.add(key);
    this.#tried += 1;
    if (!(await this.#options.shows(candidate))) return false;
    this.#best = candidate;
    return true;
  }

  async #dropPrograms(): Promise<void> {
    for (let index = this.#programs.length - 1; index >= 0; index -= 1) {
      await this.#try(without(this.#programs, (at) => at.program === index));
    }
  }

  async #dropThreads(): Promise<void> {
    for (let program = this.#programs.length - 1; program >= 0; program -= 1) {
      const count = this.#programs[program]?.threads.length ?? 0;
      for (let thread = count - 1; thread >= 0; thread -= 1) {
        await this.#try(
          without(this.#programs, (at) => at.program === program && at.thread === thread),
        );
      }
    }
  }

  /** Runs of operations, from halves down to single ones, from the end on. */
  async #dropOperations(): Promise<void> {
    for (let run = operationsIn(this.#best); run >= 1; run = Math.floor(run / 2)) {
      for (let end = operationPlaces(this.#programs).length; end > 0; end -= run) {
        const chosen = new Set(
          operationPlaces(this.#programs)
            .slice(Math.max(0, end - run), end)
            .map(({ operation }) => operation),
        );
        if (chosen.size === 0) continue;
        await this.#try(without(this.#programs, ({ operation }) => chosen.has(operation)));
        if (this.#spent) return;
      }
    }
  }

  /** Lets threads that ran at the same time run one after the other, in either order. */
  async #joinThreads(): Promise<void> {
    for (let program = this.#programs.length - 1; program >= 0; program -= 1) {
      for (let second = 1; second < (this.#programs[program]?.threads.length ?? 0); second += 1) {
        const threads = { program, first: 0, second };
        if (await this.#try(joined(this.#programs, threads))) second -= 1;
        else if (await this.#try(joined(this.#programs, { program, first: second, second: 0 }))) {
          second -= 1;
        }
      }
    }
  }

  /** Everything that one client does, another does. */
  async #joinClients(): Promise<void> {
    const names = () => [
      ...new Set(this.#programs.flatMap(({ threads }) => threads.map((one) => one.client))),
    ];
    for (const from of names()) {
      for (const to of ['main', ...names()]) {
        if (from === to || from === 'main') continue;
        const renamed = this.#programs.map((program) => ({
          ...program,
          threads: program.threads.map((thread) =>
            thread.client === from ? { ...thread, client: to } : thread,
          ),
        }));
        if (await this.#try(without(renamed, ({ operation }) => clientIn(operation) === from)))
          break;
      }
    }
  }

  async #makePlain(): Promise<void> {
    if (this.#programs.some(leavesHome)) await this.#try(homed(this.#programs));
    for (const place of operationPlaces(this.#programs)) {
      if (placementOf(place.operation) === undefined) continue;
      await this.#try(plain(this.#programs, place));
    }
  }

  /** A length that occurs anywhere becomes the smallest that occurs. */
  async #shortenLengths(): Promise<void> {
    const lengths = [...new Set(lengthsIn(this.#programs))].toSorted((a, b) => (a < b ? -1 : 1));
    const [smallest] = lengths;
    for (const length of lengths.slice(1)) {
      if (smallest !== undefined) await this.#try(withLength(this.#programs, length, smallest));
    }
  }
}

/** The client that an operation is about, if it is about one. */
const clientIn = (operation: Operation): string | undefined =>
  'client' in operation ? operation.client : undefined;

/** Whether a Program opens a region other than the first. */
const leavesHome = ({ threads }: Program): boolean =>
  threads.some(({ operations }) =>
    operations.some((one) => one.op === 'open' && /^region:[1-9]/.test(one.file)),
  );

const textOf = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `0x${value.toString(16)}` : value;
