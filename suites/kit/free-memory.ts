import { type Operation, type RepeatStep, wordOf } from '../../adapters/contract/index.ts';
import { changeOfCapacity } from './capacity.ts';
import type { CaseContext } from './context.ts';
import { affordableCycles, type CycleBody, runCycles, runPacedCycles } from './cycles.ts';
import { smaller } from './larger-smaller.ts';
import { type BuffersSince, buffersSince, liveBuffers } from './live-buffers.ts';
import type { Block, MemoryChange } from './memory-change.ts';
import { Inconclusive } from './observation.ts';
import { changeOfGauge } from './slope.ts';

/** Something that must leave as much memory free as it found. */
export interface Cycle extends CycleBody {
  /** The requirement that is observed. */
  readonly requirement: string;
  /** Its role; `memory` when left out. */
  readonly role?: string;
  /** Bytes that one cycle loses when it leaks: those of its buffer. */
  readonly leakBytes: bigint;
  /** Whether the cycle is a request that is refused each time; else every operation must work. */
  readonly refused?: boolean;
  /** Operations of the body that are refused each time, although the others work. */
  readonly refusedSteps?: readonly Operation[];
  /** Cycles in each block on a bounded region; the smallest leak that shows decides. */
  readonly cycles?: bigint;
}

/** Cycles in a block on a bounded region, where capacity is exact. */
const BOUNDED_CYCLES = 256n;
/** One leak in so many cycles moves a gauge enough. */
const ODDS = 256n;
/** Cycles before the first reading, so that caches of the kernel are warm. */
const WARM_UP_CYCLES = 64n;
/** The same where the region is filled: to learn how long one takes. */
const BOUNDED_WARM_UP_CYCLES = 4n;
/** No clock: any number of cycles can be had. */
const ANY_NUMBER = 1n << 62n;
/**
 * Runs a cycle many times and observes whether free memory is `conserved`. A bounded region is
 * filled before and after blocks of cycles, see {@link changeOfCapacity}; of an unbounded one a
 * gauge is read, see {@link changeOfGauge}. A slow target gets fewer cycles.
 *
 * @throws {@link Inconclusive} when the cycle does not do what it is for
 */
export async function observeConserved(context: CaseContext, cycle: Cycle): Promise<void> {
  const warm = await warmUp(context, cycle);
  if (warm.exhausted !== undefined) {
    context.observe(cycle.requirement, cycle.role ?? 'memory', 'leaked', warm.exhausted);
    return;
  }
  const { nsPerCycle } = warm;
  const affordable = affordableCycles(nsPerCycle) ?? ANY_NUMBER;
  // A fill tells by itself that nothing is given any more; a gauge that nothing moves does not.
  const check = (steps: readonly RepeatStep[]): void => {
    if (!context.region.bounded) requireWorking(cycle, steps);
  };
  const work: Block = (times) => runPacedCycles(context, { ...cycle, check }, times, nsPerCycle);
  const loss = { bytes: cycle.leakBytes, odds: ODDS, affordable };
  const before = await liveBuffers(context);
  const { word, detail } = context.region.bounded
    ? await changeOfCapacity(context, smaller(cycle.cycles ?? BOUNDED_CYCLES, affordable), work)
    : await changeOfGauge(context, loss, work);
  const since = await buffersSince(context, before);
  observeChange(context, cycle, { word, detail }, since);
}

/** Something that is not one client's loop and must leave as much memory free as it found. */
export interface RepeatedWork {
  readonly requirement: string;
  readonly role?: string;
  /** How often it is done in each block. */
  readonly cycles: number;
  /** Bytes that the smallest leak worth claiming loses in one cycle. */
  readonly bytesPerCycle: bigint;
  run(index: number): Promise<void>;
  /** A remark on the work, once it was done; it is added to the detail. */
  note?(): string;
}

/** {@link observeConserved} for work that takes several clients. */
export async function observeConservedBy(context: CaseContext, work: RepeatedWork): Promise<void> {
  let index = 0;
  const block = async (times: bigint): Promise<void> => {
    for (let done = 0n; done < times; done += 1n) {
      await work.run(index);
      index += 1;
    }
  };
  const times = BigInt(work.cycles);
  const loss = { bytes: work.bytesPerCycle, odds: 1n, affordable: times };
  const before = await liveBuffers(context);
  const { word, detail } = context.region.bounded
    ? await changeOfCapacity(context, times, block)
    : await changeOfGauge(context, loss, block);
  const note = work.note === undefined ? '' : `; ${work.note()}`;
  const since = await buffersSince(context, before);
  observeChange(context, work, { word, detail: `${detail}${note}` }, since);
}

/** What an exact count of dma-bufs says comes first. */
function observeChange(
  context: CaseContext,
  { requirement, role = 'memory' }: Pick<Cycle, 'requirement' | 'role'>,
  memory: MemoryChange,
  since: BuffersSince | undefined,
): void {
  const detail = since === undefined ? memory.detail : `${since.detail}; ${memory.detail}`;
  context.observe(requirement, role, since?.word ?? memory.word, detail);
}

/** What the first cycles showed. */
interface WarmUp {
  readonly nsPerCycle: bigint;
  /** Set when they took all that a bounded region has, and gave nothing back. */
  readonly exhausted?: string;
}

/** The control: a cycle whose operations did not work frees nothing and leaks nothing. */
async function warmUp(context: CaseContext, cycle: Cycle): Promise<WarmUp> {
  const { bounded } = context.region;
  const few = smaller(BOUNDED_WARM_UP_CYCLES, cycle.cycles ?? BOUNDED_CYCLES);
  const times = bounded ? few : WARM_UP_CYCLES;
  const { nsPerCycle, steps } = await runCycles(context, cycle, times);
  const served = steps[0]?.succeeded ?? 0n;
  if (bounded && served > 0n && wasRefused(steps)) {
    // CMA may refuse once and serve again; an idle region that serves no more has lost all.
    const again = await runCycles(context, cycle, times);
    if (again.steps[0]?.succeeded === 0n && wasRefused(again.steps)) {
      const exhausted = `${served} cycles worked, and then the idle region refused each with ENOMEM`;
      return { nsPerCycle, exhausted };
    }
    requireWorking(cycle, again.steps);
    return { nsPerCycle };
  }
  requireWorking(cycle, steps);
  return { nsPerCycle };
}

/** Whether the last request of a cycle was refused for want of memory. */
const wasRefused = ([request]: readonly RepeatStep[]): boolean =>
  request !== undefined && request.failed > 0n && wordOf(request.last) === 'ENOMEM';

/** @throws {@link Inconclusive} when an operation did not do what the cycle is for */
export function requireWorking(
  cycle: Pick<Cycle, 'body' | 'refused' | 'refusedSteps'>,
  steps: readonly RepeatStep[],
): void {
  for (const [index, step] of steps.entries()) {
    const operation = cycle.body[index];
    const name = operation?.op;
    const refused = operation !== undefined && cycle.refusedSteps?.includes(operation) === true;
    if (cycle.refused === true || refused) {
      if (step.succeeded === 0n) continue;
      throw new Inconclusive(`blocked: ${name} should have been refused, but succeeded`);
    }
    if (step.failed === 0n) continue;
    throw new Inconclusive(`blocked: ${name} in the cycle failed: ${wordOf(step.last)}`);
  }
}
