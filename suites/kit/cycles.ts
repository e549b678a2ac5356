/** Cycles of operations, run in Programs that are short whatever the target's speed. */
import type { Operation, RepeatStep } from '../../adapters/contract/index.ts';
import { type CaseContext, SUBJECT } from './context.ts';
import { larger } from './larger-smaller.ts';
import { Inconclusive } from './observation.ts';

/** Nanoseconds that one Program of cycles takes at most, as far as can be told before. */
const PROGRAM_NS = 4_000_000_000n;
/** Nanoseconds of a block of cycles. */
const BLOCK_NS = 4_000_000_000n;
/** A slow target gets so many cycles all the same. */
const CYCLES_MIN = 64n;

/** A body of operations of one client, to be repeated. */
export interface CycleBody {
  readonly body: readonly Operation[];
  readonly client?: string;
}

/** The results of each operation of a body over all iterations, and how long one took. */
export interface CycleRun {
  readonly steps: readonly RepeatStep[];
  /** Nanoseconds on the target's clock, from the first call of the first to the end of the last. */
  readonly nsPerCycle: bigint;
}

/**
 * Repeats a body in one Program.
 *
 * @throws {@link Inconclusive} when it was not repeated as often
 */
export async function runCycles(
  context: CaseContext,
  { body, client = SUBJECT }: CycleBody,
  times: bigint,
): Promise<CycleRun> {
  const repeat: Operation = { op: 'repeat', times, stop: 'never', body };
  const history = await context.runSteps(client, [repeat]);
  const result = history.threads[0]?.[0];
  if (result?.value !== times || result.steps === undefined) {
    throw new Inconclusive(`only ${result?.value} of ${times} cycles ran`);
  }
  const begin = result.steps[0]?.first.call ?? 0n;
  const end = result.steps.at(-1)?.last.return ?? begin;
  return { steps: result.steps, nsPerCycle: larger(end - begin, 0n) / times };
}

/**
 * As {@link runCycles}, in as many Programs as it takes to keep each of them short.
 *
 * @param check looks at what came of each Program's cycles
 */
export async function runPacedCycles(
  context: CaseContext,
  cycle: CycleBody & { check(steps: readonly RepeatStep[]): void },
  times: bigint,
  nsPerCycle: bigint,
): Promise<void> {
  const chunk = cyclesIn(PROGRAM_NS, nsPerCycle) ?? times;
  for (let left = times; left > 0n; left -= chunk) {
    cycle.check((await runCycles(context, cycle, left < chunk ? left : chunk)).steps);
  }
}

/** The most cycles of a block that there is time for; undefined for any number. */
export const affordableCycles = (nsPerCycle: bigint): bigint | undefined => {
  const cycles = cyclesIn(BLOCK_NS, nsPerCycle);
  return cycles === undefined ? cycles : larger(cycles, CYCLES_MIN);
};

function cyclesIn(nanoseconds: bigint, nsPerCycle: bigint): bigint | undefined {
  if (nsPerCycle <= 0n) return undefined;
  return larger(nanoseconds / nsPerCycle, 1n);
}
