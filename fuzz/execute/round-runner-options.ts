import type { Adapter, TargetFacts } from '../../adapters/contract/index.ts';
import type { Round } from '../judge/round-report.ts';
import type { ContextOptions } from '../plan/campaign-context.ts';

/** Everything that rounds are a function of, and the target that they run on. */
export interface RoundRunnerOptions extends ContextOptions {
  readonly adapter: Adapter;
  /** Version of allocert, part of what a round is a function of. */
  readonly version: string;
  readonly seed: bigint;
  /** Asked between two rounds. */
  readonly enough?: () => boolean;
  /** Sees each round as it was run; those of parallel mode have no Histories, and are left out. */
  readonly onRoundRun?: ((index: number, round: Round) => void) | undefined;
}

/** Facts about a target that are known before the first round. */
export interface TargetDescription {
  readonly facts: TargetFacts;
  /** Names of the modes that are going to be run. */
  readonly modes: readonly string[];
  /** 32-bit words of the target that threads share in a parallel round, where there are any. */
  readonly sharedWords?: number;
}
