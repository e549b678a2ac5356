import { openTarget } from '../../adapters/open-target.ts';
import { packageVersion } from '../../base/package-root.ts';
import type { Budget } from '../../fuzz/campaign/campaign.ts';
import { findCanary, selfCheck } from '../../fuzz/campaign/self-check.ts';
import { Interrupt } from './interrupt.ts';
import { complain } from './terminal.ts';

/** What is to be done, from the command line and what went before. */
export interface FuzzRequest {
  readonly target: string;
  readonly seed: bigint;
  readonly budget: Budget;
  readonly modes: readonly string[];
  readonly profile: string | undefined;
  readonly memoryLimit: bigint;
  /** Rounds that see the same snapshot of the corpus. */
  readonly epochRounds: number;
}

/** Candidates that shrinking one finding may run. */
export const SHRINK_BUDGET = 400;

/** The exit code when nothing can be said. */
const INCOMPLETE = 3;

/**
 * Proves that the machinery works: it finds what was planted, or it finds the same twice.
 *
 * @returns the exit code: 0 proven, 1 proven with findings about the target, 3 not proven
 */
export async function proveFuzzer(wish: FuzzRequest, canary: boolean): Promise<number> {
  const { profile, target, ...rest } = wish;
  const adapter = await openTarget(target);
  const interrupt = new Interrupt();
  const options = {
    ...rest,
    adapter,
    version: packageVersion(),
    shrinkBudget: SHRINK_BUDGET,
    signal: interrupt.signal,
    ...(profile === undefined ? {} : { profile }),
  };
  try {
    return canary ? sayCanary(await findCanary(options)) : saySame(await selfCheck(options));
  } finally {
    interrupt.dispose();
    await adapter.close();
  }
}

function sayCanary(end: Awaited<ReturnType<typeof findCanary>>): number {
  if (end.found) {
    process.stdout.write(`The canary was found after ${end.rounds} rounds.\n`);
    return 0;
  }
  const why = end.complete ? 'campaigns on this target prove nothing' : 'it was interrupted';
  complain(`the canary was not found in ${end.rounds} rounds: ${why}`);
  return INCOMPLETE;
}

function saySame(end: Awaited<ReturnType<typeof selfCheck>>): number {
  if (!end.complete) {
    complain('it was interrupted before the two runs could be compared; run it again');
    return INCOMPLETE;
  }
  if (end.difference !== undefined) {
    complain(`two runs of the same seed differ, first in ${end.difference}`);
    return INCOMPLETE;
  }
  process.stdout.write(`Two runs are alike: ${end.rounds} rounds, ${end.findings} findings.\n`);
  return end.findings > 0 ? 1 : 0;
}
