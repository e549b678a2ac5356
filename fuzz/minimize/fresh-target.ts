import type { TargetFacts } from '../../adapters/contract/index.ts';
import { HANG, type Violation } from '../../oracles/index.ts';
import { DEATH, isSilent } from '../execute/target-death.ts';

/** How a finding is run again. */
export interface RunningAgain {
  /** Whether each run has a target that nothing was done to before. */
  readonly fresh: boolean;
  /**
   * Whether candidates run in a target that has complained before, and only the smallest one is
   * proved on fresh ones: a kernel goes on after most complaints, and takes long to start.
   */
  readonly bears?: boolean;
  /** Candidates that shrinking may run, if it may run more. */
  readonly candidates: number;
  /** Times that it is run to say how often it shows. */
  readonly repeats: number;
}

/** Times that a finding is run again to say how often it shows. */
const REPEATS = 10;

/** Targets that take seconds to start. */
const SLOW_TO_START: readonly string[] = ['vm', 'remote'];

/** Oracles whose violations leave a target that is not what it was. */
const LASTING: readonly string[] = [DEATH, 'capacity', 'justified-failure', 'service'];

const isComplaint = ({ kind, oracle }: Violation): boolean =>
  oracle === 'survival' && kind.startsWith('kernel: ');

/**
 * How a violation is run again on a target. What a target died of, hangs in or has lost stays with
 * it: to say that a scenario does it by itself, each run begins with a fresh target. Where that
 * takes long, there are few runs. A simulator's sessions lose nothing but memory, and their oracles
 * see how much was there before.
 */
export function runningAgain({ kind }: TargetFacts, violation: Violation): RunningAgain {
  // It takes very many rounds to show: one of them is neither made smaller nor run again.
  if (violation.oracle === 'gauge') return { fresh: false, candidates: 0, repeats: 0 };
  const hangs = violation.kind === HANG || isSilent(violation);
  const dead = violation.oracle === DEATH;
  const fresh = dead || (kind !== 'sim' && (hangs || LASTING.includes(violation.oracle)));
  const slow = fresh && SLOW_TO_START.includes(kind);
  if (hangs && kind !== 'sim') return { fresh, candidates: 12, repeats: slow ? 3 : REPEATS };
  if (slow) return { fresh, candidates: 16, repeats: 3 };
  if (isComplaint(violation) && SLOW_TO_START.includes(kind)) {
    return { fresh, bears: true, candidates: 200, repeats: 3 };
  }
  return { fresh, candidates: Number.POSITIVE_INFINITY, repeats: REPEATS };
}
