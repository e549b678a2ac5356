import type { History, Operation, Program, Result, Thread } from '../../adapters/contract/index.ts';
import { buffersOf, type HeldBuffer, type Timeline, timelineOf } from '../../oracles/index.ts';
import { type CaseContext, SUBJECT } from './context.ts';
import { Inconclusive } from './observation.ts';

/** An observation, in a word and in a sentence. */
export interface Sighting {
  readonly word: string;
  readonly detail: string;
}

/** Threads that ran at the same time, ready for the oracles. */
export interface Race {
  readonly history: History;
  readonly timeline: Timeline;
  readonly buffers: readonly HeldBuffer[];
  /** Whether calls of two threads were under way at the same time. */
  readonly overlapping: boolean;
}

/** Operations of a client that are to run at the same time as others. */
export interface RacingThread {
  readonly client?: string;
  readonly operations: readonly Operation[];
}

/**
 * Runs threads that begin together, and puts the results into the form that oracles judge. The
 * first operation of each thread is a barrier.
 *
 * @param options `seed` picks one schedule of a simulated target; `mayDie` as of `runThreads`
 */
export async function runTogether(
  context: CaseContext,
  racing: readonly RacingThread[],
  options: { readonly seed: bigint; readonly mayDie?: boolean },
): Promise<Race> {
  const barrier: Operation = { op: 'barrier', parties: BigInt(racing.length) };
  const threads = racing.map(
    ({ client = SUBJECT, operations }): Thread => ({
      client,
      operations: [barrier, ...operations],
    }),
  );
  const history = await context.runThreads(threads, options);
  const program: Program = { threads, deadlineMs: 0 };
  const timeline = timelineOf([program], [history]);
  const buffers = buffersOf(timeline, context.abi, context.page);
  return { history, timeline, buffers, overlapping: overlap(history) };
}

/** Whether the first thread had a call under way while another one, past the barrier, had one. */
function overlap({ threads: [first = [], ...others] }: History): boolean {
  const calls = others.flatMap((results) => results.slice(1)).flatMap(intervalOf);
  return first
    .slice(1)
    .flatMap(intervalOf)
    .some((mine) => calls.some((other) => mine.from < other.to && other.from < mine.to));
}

/** A loop counts from the first to the last of its calls; what never returned ends nowhere. */
function intervalOf({
  outcome,
  call,
  return: back,
  steps,
}: Result): { from: bigint; to: bigint }[] {
  if (outcome === 'not-run') return [];
  const last = steps?.at(-1)?.last.return ?? back;
  return [{ from: steps?.[0]?.first.call ?? call, to: last ?? NEVER }];
}

/** Later than every clock. */
const NEVER = 1n << 64n;

/** Times more rounds that a busy machine gets, on which threads seldom run at once. */
const PATIENCE = 16;

/** Counts the rounds in which calls overlapped: rounds in which none did prove nothing. */
export class OverlapCount {
  #rounds = 0;
  #overlapped = 0;

  count({ overlapping }: Pick<Race, 'overlapping'>): void {
    this.#rounds += 1;
    if (overlapping) this.#overlapped += 1;
  }

  /** Whether another round is due: enough of them, and more while no two calls have overlapped. */
  goesOn(round: number, odds: number): boolean {
    const enough = roundsFor(odds);
    return round < enough || (this.#overlapped === 0 && round < PATIENCE * enough);
  }

  /**
   * For the detail of an observation.
   *
   * @throws {@link Inconclusive} when no two threads ever met: then nothing was shown
   */
  get note(): string {
    if (this.#overlapped === 0) {
      throw new Inconclusive(`in none of ${this.#rounds} rounds were two calls under way at once`);
    }
    return `calls overlapped in ${this.#overlapped} of ${this.#rounds} rounds`;
  }
}

/**
 * Rounds after which a race that shows in one round out of `odds` has shown with a probability of
 * 99 in 100: the least n with (1 - 1/odds)^n at most 0.01.
 */
export const roundsFor = (odds: number): number =>
  Math.ceil(Math.log(0.01) / Math.log(1 - 1 / odds));

/** The odds at which the rounds detect a race, for the detail of an observation. */
export const detectionOdds = (odds: number): string =>
  `${roundsFor(odds)} rounds find with 99 % what shows in one of ${odds}`;

/** Observations of many rounds: each word of a role once, with how often it came. */
export class Sightings {
  readonly #seen = new Map<string, { role: string; word: string; count: number; detail: string }>();

  add(role: string, { word, detail }: Sighting): void {
    const key = `${role} ${word}`;
    const before = this.#seen.get(key);
    if (before === undefined) this.#seen.set(key, { role, word, count: 1, detail });
    else before.count += 1;
  }

  /** Whether nothing was seen. */
  get empty(): boolean {
    return this.#seen.size === 0;
  }

  /** Observes each word of each role, with the first time that it came as the example. */
  observe(context: CaseContext, requirement: string, note: string): void {
    for (const { role, word, count, detail } of this.#seen.values()) {
      context.observe(requirement, role, word, `${word} ${count} times, first: ${detail}; ${note}`);
    }
  }
}

/** How often something must happen for the loss of one buffer each time to show. */
export interface VisibleLoss {
  readonly cycles: number;
  readonly bytesPerCycle: bigint;
  /** Bytes of the buffers. */
  readonly length: bigint;
}

/** Bytes of a buffer where a gauge must see its loss, and how many are enough for that. */
const LARGE = 2n << 20n;
const LARGE_CYCLES = 512;

/**
 * On a bounded region one page shows, if the race comes in each of two blocks. A gauge must be
 * moved by what is lost when only one round out of `odds` loses a buffer.
 */
export const visibleLoss = ({ page, region }: CaseContext, odds: number): VisibleLoss =>
  region.bounded
    ? { cycles: roundsFor(odds), bytesPerCycle: page, length: page }
    : { cycles: LARGE_CYCLES, bytesPerCycle: LARGE / BigInt(odds), length: LARGE };

/** The value that the next descriptor of `subject` gets. */
export async function nextDescriptor(context: CaseContext): Promise<bigint> {
  const { value: fd } = await context.subject.dup({ fd: await context.device() });
  await context.subject.close({ fd });
  return fd;
}
