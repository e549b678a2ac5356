/** References of a buffer, as its kernel counts them for the process that has it. */
import {
  type Operation,
  type SlotRef,
  succeeded,
  textOfBytes,
} from '../../adapters/contract/index.ts';
import type { CaseContext } from './context.ts';
import { affordableCycles, runCycles, runPacedCycles } from './cycles.ts';
import { requireWorking } from './free-memory.ts';
import { smaller } from './larger-smaller.ts';

/** So often calls are made on one buffer: a reference that one in so many keeps shows. */
const TIMES = 256n;
/** Of those, the first, which also tell how long one takes. */
const FIRST_TIMES = 8n;

/** Calls that must leave a buffer as many references as it had. */
export interface BalancedCalls {
  /** What they are, in a few words. */
  readonly name: string;
  readonly body: readonly Operation[];
  /** Operations of the body that are refused each time. */
  readonly refusedSteps?: readonly Operation[];
}

/**
 * The references of a buffer in the text of its fdinfo, as Linux shows them since 5.3: descriptors,
 * mappings, messages in flight, and what the kernel holds; procfs does not count its own. A count
 * below one cannot be, and an older kernel shows none.
 *
 * Source: drivers/dma-buf/dma-buf.c, dma_buf_show_fdinfo.
 */
export function countInFdinfo(out: Uint8Array): bigint | undefined {
  const line = /^count:\s+(-?\d+)$/m.exec(textOfBytes(out))?.[1];
  return line === undefined ? undefined : BigInt(line);
}

/** What {@link countInFdinfo} says of a descriptor now; undefined where nothing is shown. */
export async function referencesOf(context: CaseContext, fd: SlotRef): Promise<bigint | undefined> {
  const { result } = await context.subject.readfile({ document: '/proc/self/fdinfo', fd });
  return succeeded(result) ? countInFdinfo(result.out) : undefined;
}

/**
 * Observes whether calls leave a buffer the references that it had. One buffer takes all of them,
 * so that nothing hides a single reference, whatever else the machine does with its memory.
 *
 * Sound where only `subject` has the buffer: the kernel drops what closed descriptors and pieces of
 * mappings held before the call returns.
 *
 * @throws `Inconclusive` when the calls do not do what they are for
 */
export async function observeBalance(
  context: CaseContext,
  requirement: string,
  fd: SlotRef,
  calls: BalancedCalls,
): Promise<void> {
  const before = await referencesOf(context, fd);
  if (before === undefined) {
    context.observe(requirement, 'references', 'absent', 'fdinfo counts no references');
    return;
  }
  const first = await runCycles(context, calls, FIRST_TIMES);
  requireWorking(calls, first.steps);
  const affordable = affordableCycles(first.nsPerCycle) ?? TIMES;
  const rest = smaller(affordable, TIMES - FIRST_TIMES);
  await runPacedCycles(
    context,
    { ...calls, check: (steps) => requireWorking(calls, steps) },
    rest,
    first.nsPerCycle,
  );
  const after = await referencesOf(context, fd);
  const counts = `the count in fdinfo was ${before} before and ${after ?? 'missing'} after`;
  const detail = `${counts} ${FIRST_TIMES + rest} repetitions of ${calls.name}`;
  context.observe(requirement, 'references', countWord(before, after), detail);
}

/** How a count of references relates to the one before, in one word. */
function countWord(before: bigint, after: bigint | undefined): string {
  if (after === undefined) return 'gone';
  if (after === before) return 'same';
  return after > before ? 'more' : 'fewer';
}
