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

/** Times more rounds than enough that a busy machine gets, on which threads seldom run at once. */
const PATIENCE = 16;
/**
 * Nanoseconds on the target's clock that rounds may take together once there were enough of them; a
 * target on which each takes long gets the fewer.
 */
const PATIENCE_NS = 20_000_000_000n;
/** Rounds without overlap after which threads take twice as long, and how often that is done. */
const DRY_ROUNDS = 2;
const DOUBLINGS_MAX = 6;
/** The least chance to have met a race with which its absence may be called a pass. */
const POWER_LEAST = 0.9;

/**
 * The rounds of a race. Those in which no two calls overlapped prove nothing: only the others count
 * for what would have been seen, and more are made until there are enough of them.
 */
export class OverlapCount {
  readonly #odds: number;
  #rounds = 0;
  #overlapped = 0;
  #dry = 0;
  #nanoseconds = 0n;

  /** @param odds a race that shows in one overlapping round out of so many is to be seen */
  constructor(odds: number) {
    this.#odds = odds;
  }

  count({ overlapping, history }: MetRound): void {
    this.#rounds += 1;
    this.#overlapped += overlapping ? 1 : 0;
    this.#dry = overlapping ? 0 : this.#dry + 1;
    this.#nanoseconds += lasted(history);
  }

  /** Rounds so far. */
  get rounds(): number {
    return this.#rounds;
  }

  /**
   * How many times longer threads should go on in the next round: those that seldom run at once, as
   * on a busy machine, meet when each of them takes its time.
   */
  get lengthening(): bigint {
    return 1n << BigInt(Math.min(Math.floor(this.#dry / DRY_ROUNDS), DOUBLINGS_MAX));
  }

  /** Whether another round is due: too few overlapped, and there is patience left. */
  get goesOn(): boolean {
    return this.#overlapped < roundsFor(this.#odds) && this.#patient;
  }

  /** Makes at least one round, and more until calls overlap in one or patience is used up. */
  async meet(round: (index: number) => Promise<MetRound>): Promise<void> {
    const before = this.#overlapped;
    do this.count(await round(this.#rounds));
    while (this.#overlapped === before && this.#patient);
  }

  get #patient(): boolean {
    const enough = roundsFor(this.#odds);
    const lasting = this.#nanoseconds < PATIENCE_NS && this.#rounds < PATIENCE * enough;
    return this.#rounds < enough || lasting;
  }

  /** For the detail of an observation: the rounds, and what they would have seen. */
  get note(): string {
    const percent = Math.floor(100 * powerOf(this.#overlapped, this.#odds));
    return (
      `calls overlapped in ${this.#overlapped} of ${this.#rounds} rounds; a race that shows in 1 of ` +
      `${this.#odds} overlapping rounds would be caught with ${percent} % probability ` +
      `(1 - (1 - 1/${this.#odds})^${this.#overlapped})`
    );
  }

  /**
   * To be asked after everything was observed: what was seen stands, but a race that was not seen
   * proves nothing when it would probably not have been.
   *
   * @throws {@link Inconclusive} when the rounds that overlapped were too few
   */
  demandPower(): void {
    if (powerOf(this.#overlapped, this.#odds) >= POWER_LEAST) return;
    throw new Inconclusive(`${this.note}; a pass needs ${100 * POWER_LEAST} %`);
  }
}

/** A round, and whether calls of two threads were under way at once in it. */
type MetRound = Pick<Race, 'overlapping' | 'history'>;

/** Nanoseconds from the first call of a Program to the last that returned. */
function lasted({ threads }: History): bigint {
  const ran = threads.flat().filter(({ outcome }) => outcome !== 'not-run');
  const begin = ran.reduce((least, { call }) => (call < least ? call : least), NEVER);
  const end = ran.reduce((most, { call, return: back = call }) => (back > most ? back : most), 0n);
  return end > begin ? end - begin : 0n;
}

/** The chance that one of so many rounds shows what shows in one out of `odds`. */
export const powerOf = (rounds: number, odds: number): number => 1 - (1 - 1 / odds) ** rounds;

/**
 * Rounds after which a race that shows in one round out of `odds` has shown with a probability of
 * 99 in 100: the least n with (1 - 1/odds)^n at most 0.01.
 */
export const roundsFor = (odds: number): number =>
  Math.ceil(Math.log(0.01) / Math.log(1 - 1 / odds));

/** Observations of many rounds: each word of a role once, with how often it happened. */
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
