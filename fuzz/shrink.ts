import type { Operation, Program, Thread, UntypedOperation } from '../adapters/contract/index.ts';
import { operationsIn } from './round.ts';
import type { Scenario } from './scenario.ts';

/** How a scenario is made smaller. */
export interface ShrinkOptions {
  /** Whether a candidate still shows the same violation. */
  shows(candidate: Scenario): Promise<boolean>;
  /** Candidates that may be run; they are counted and not timed, so that results repeat. */
  readonly budget: number;
}

/** The smallest scenario that was found, and how many candidates it took. */
export interface Shrunk {
  readonly scenario: Scenario;
  readonly tried: number;
}

/**
 * Makes a scenario smaller under the same violation: whole Programs, threads and runs of operations
 * go, together with whatever refers to what they gave; then clients become one, and then lengths a
 * page. Each pass repeats until nothing more goes or the budget is spent.
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

  constructor(scenario: Scenario, options: ShrinkOptions) {
    this.#best = scenario;
    this.#options = options;
  }

  async run(): Promise<Shrunk> {
    for (let before = Number.POSITIVE_INFINITY; ; ) {
      await this.#dropPrograms();
      await this.#dropThreads();
      await this.#dropOperations();
      await this.#joinClients();
      await this.#shortenLengths();
      const now = operationsIn(this.#best);
      if (now >= before || this.#spent) break;
      before = now;
    }
    return { scenario: this.#best, tried: this.#tried };
  }

  get #spent(): boolean {
    return this.#tried >= this.#options.budget;
  }

  /** Takes a candidate if it still shows the violation. */
  async #try(programs: readonly Program[]): Promise<boolean> {
    const candidate = { ...this.#best, programs: tidy(programs) };
    const key = JSON.stringify(candidate.programs, textOf);
    if (this.#spent || this.#seen.has(key)) return false;
    this.#seen.add(key);
    this.#tried += 1;
    if (!(await this.#options.shows(candidate))) return false;
    this.#best = candidate;
    return true;
  }

  async #dropPrograms(): Promise<void> {
    for (let index = this.#best.programs.length - 1; index >= 0; index -= 1) {
      await this.#try(without(this.#best.programs, (at) => at.program === index));
    }
  }

  async #dropThreads(): Promise<void> {
    for (let program = this.#best.programs.length - 1; program >= 0; program -= 1) {
      const count = this.#best.programs[program]?.threads.length ?? 0;
      for (let thread = count - 1; thread >= 0; thread -= 1) {
        await this.#try(
          without(this.#best.programs, (at) => at.program === program && at.thread === thread),
        );
      }
    }
  }

  /** Runs of operations, from halves down to single ones, from the end on. */
  async #dropOperations(): Promise<void> {
    for (let run = operationsIn(this.#best); run >= 1; run = Math.floor(run / 2)) {
      for (let end = placesIn(this.#best.programs).length; end > 0; end -= run) {
        const places = placesIn(this.#best.programs);
        const chosen = new Set(places.slice(Math.max(0, end - run), end).map(keyOf));
        if (chosen.size === 0) continue;
        await this.#try(without(this.#best.programs, (at) => chosen.has(keyOf(at))));
        if (this.#spent) return;
      }
    }
  }

  /** Everything that one client does, another does. */
  async #joinClients(): Promise<void> {
    const names = () => [
      ...new Set(this.#best.programs.flatMap(({ threads }) => threads.map((one) => one.client))),
    ];
    for (const from of names()) {
      for (const to of ['main', ...names()]) {
        if (from === to || from === 'main') continue;
        const renamed = this.#best.programs.map((program) => ({
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

  /** A length that occurs anywhere becomes the smallest that occurs. */
  async #shortenLengths(): Promise<void> {
    const lengths = [...new Set(lengthsIn(this.#best.programs))].toSorted((a, b) =>
      a < b ? -1 : 1,
    );
    const [smallest] = lengths;
    for (const length of lengths.slice(1)) {
      if (smallest !== undefined)
        await this.#try(withLength(this.#best.programs, length, smallest));
    }
  }
}

/** The client that an operation is about, if it is about one. */
const clientIn = (operation: Operation): string | undefined =>
  'client' in operation ? operation.client : undefined;

const textOf = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `0x${value.toString(16)}` : value;

/** Where an operation stands. */
interface Place {
  readonly program: number;
  readonly thread: number;
  readonly index: number;
  readonly operation: Operation;
}

const keyOf = ({ program, thread, index }: Place): string => `${program} ${thread} ${index}`;

function placesIn(programs: readonly Program[]): Place[] {
  return programs.flatMap(({ threads }, program) =>
    threads.flatMap(({ operations }, thread) =>
      operations.map((operation, index) => ({ program, thread, index, operation })),
    ),
  );
}

/** The Programs without some operations, nor those that refer to what these gave. */
function without(programs: readonly Program[], goes: (place: Place) => boolean): Program[] {
  const places = placesIn(programs);
  const gone = new Set(places.filter(goes).map(keyOf));
  const slots = new Set(slotsOf(places.filter((place) => gone.has(keyOf(place)))));
  for (let grown = true; grown; ) {
    grown = false;
    for (const place of places) {
      if (gone.has(keyOf(place)) || !refersTo(place.operation, slots)) continue;
      gone.add(keyOf(place));
      for (const slot of slotsOf([place])) slots.add(slot);
      grown = true;
    }
  }
  return programs.map((program, number) => ({
    ...program,
    threads: program.threads.map((thread, index) => kept(thread, number, index, gone)),
  }));
}

const kept = (
  thread: Thread,
  program: number,
  index: number,
  gone: ReadonlySet<string>,
): Thread => ({
  ...thread,
  operations: thread.operations.filter((_, at) => !gone.has(`${program} ${index} ${at}`)),
});

const slotsOf = (places: readonly Place[]): string[] =>
  places.flatMap(({ operation }) => (operation.slot === undefined ? [] : [operation.slot]));

function refersTo(operation: Operation, slots: ReadonlySet<string>): boolean {
  return Object.values(operation as UntypedOperation).some(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      'slot' in value &&
      slots.has((value as { slot: string }).slot),
  );
}

/** Without threads that do nothing and Programs without threads. */
const tidy = (programs: readonly Program[]): Program[] =>
  programs
    .map((program) => ({
      ...program,
      threads: program.threads.filter(({ operations }) => operations.length > 0),
    }))
    .filter(({ threads }) => threads.length > 0);

const lengthsIn = (programs: readonly Program[]): bigint[] =>
  placesIn(programs).flatMap(({ operation }) =>
    operation.op === 'mmap' && typeof operation.length === 'bigint' ? [operation.length] : [],
  );

/** Every operand, and every request, that has a length gets another. */
function withLength(programs: readonly Program[], from: bigint, to: bigint): Program[] {
  const changed = (operation: Operation): Operation => {
    const members = Object.entries(operation).map(([name, value]) => {
      if (value === from) return [name, to];
      if (name !== 'argument') return [name, value];
      return [name, { ...value, bytes: replaced(value.bytes as Uint8Array, from, to) }];
    });
    return Object.fromEntries(members) as Operation;
  };
  return programs.map((program) => ({
    ...program,
    threads: program.threads.map((thread) => ({
      ...thread,
      operations: thread.operations.map(changed),
    })),
  }));
}

/** A 64-bit word of an argument, wherever it stands. */
function replaced(bytes: Uint8Array, from: bigint, to: bigint): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  for (let offset = 0; offset + 8 <= copy.length; offset += 8) {
    if (view.getBigUint64(offset, true) === from) view.setBigUint64(offset, to, true);
  }
  return copy;
}
