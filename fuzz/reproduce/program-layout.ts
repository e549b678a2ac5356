import { allThreads, type CStep, cThreadsOf, isBefore, stepsOf } from './c-threads.ts';
import { CVariables } from './c-variables.ts';
import type { Vocabulary } from './call-in-c.ts';
import { chooseCheck } from './choose-check.ts';
import type { JudgedFinding } from './judged-finding.ts';
import { type Order, orderOf } from './order.ts';
import type { CheckContext, ProgramCheck } from './program-check.ts';

/** Everything that the parts of a C program are written from. */
export interface ProgramLayout extends CheckContext {
  readonly evidence: JudgedFinding;
  readonly order: Order;
  readonly check: ProgramCheck;
  /** Why the program cannot judge itself; undefined when it can. */
  readonly unjudged: string | undefined;
  /** Whether there are several processes. */
  readonly several: boolean;
  /** Whether calls are told apart by who makes them. */
  readonly named: boolean;
  /** Whether calls of two threads or processes may meet. */
  readonly races: boolean;
  /** Attempts when nothing is said. */
  readonly times: number;
}

/**
 * Lays out the C program of a finding.
 *
 * @throws {@link Unwritable} when an operation has no counterpart in C
 */
export function layoutProgram(evidence: JudgedFinding): ProgramLayout {
  const { abi, finding, histories, programs, generator } = evidence;
  const threads = cThreadsOf(programs, histories);
  const steps = allThreads(threads).flatMap(stepsOf).toSorted(inTime);
  const several = threads.length > 1;
  const prefix = several ? 'slots->' : '';
  const { architecture } = finding.facts;
  const slots = new CVariables(abi, steps, prefix);
  const words: Vocabulary = { abi, slots, page: Number(generator.page), architecture };
  const context: CheckContext = { threads, steps, words };
  const found = chooseCheck(evidence, context);
  const unjudged = typeof found === 'string' ? found : undefined;
  const check = typeof found === 'string' ? { ...NO_CHECK, means: found } : found;
  const threaded = threads.some(({ items }) => items.some(({ kind }) => kind === 'together'));
  const races = threaded || canOverlap(threads.map(stepsOf));
  const times = timesFor(finding.reproduced, { times: races ? TIMES_RACING : 1, ...check });
  const named = several || threaded;
  const order = orderOf(threads);
  return { ...context, evidence, order, check, unjudged, several, named, races, times };
}

const NO_CHECK: ProgramCheck = { means: '', before: new Map(), after: new Map(), shared: [] };

function inTime(a: CStep, b: CStep): number {
  if (a.program !== b.program) return a.program - b.program;
  const [one, other] = [a.result?.call ?? 0n, b.result?.call ?? 0n];
  return one < other ? -1 : Number(one > other);
}

/** Whether steps of two threads may be under way at once. */
function canOverlap(threads: readonly (readonly CStep[])[]): boolean {
  return threads.some((mine, index) =>
    threads
      .slice(index + 1)
      .flat()
      .some((other) => mine.some((one) => !isBefore(one, other) && !isBefore(other, one))),
  );
}

const TIMES_MAX = 100_000;
/** A simulator meets the instant that it has found again each time; a kernel does not. */
const TIMES_RACING = 2000;
/** A finding that never showed again gets as many attempts. */
const TIMES_UNKNOWN = 1000;

/** Attempts after which it has shown in 999 of 1000 cases, if it shows as often as it did. */
function timesFor(
  seen: JudgedFinding['finding']['reproduced'],
  { times = 1 }: ProgramCheck,
): number {
  if (seen === undefined || seen.times === 0) return Math.max(times, TIMES_UNKNOWN);
  const odds = seen.times / seen.of;
  const wanted = odds >= 1 ? 1 : Math.ceil(Math.log(0.001) / Math.log(1 - odds));
  return Math.min(TIMES_MAX, Math.max(times, wanted));
}
