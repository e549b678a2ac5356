import { HANG, type Violation } from '../../oracles/index.ts';
import type { Round } from '../judge/round-report.ts';
import { DEATH } from './target-death.ts';

/**
 * Runs a scenario, and once more when it seems to hang: a call that is late on a starved machine
 * cannot be told from one that never returns. Only a scenario that hangs twice hangs.
 *
 * A first run that no second one confirms is taken for what else it proves. When that is nothing,
 * or the target did not survive the second run, the second one is the round.
 *
 * @param run runs the scenario; asked a second time only where the first run seems to hang
 */
export async function confirmHangs(run: () => Promise<Round>): Promise<Round> {
  const round = await run();
  if (!round.violations.some(isHang)) return round;
  const again = await run();
  if (again.violations.some(isHang)) return round;
  const proven = round.violations.filter((violation) => !isHang(violation));
  return proven.length === 0 || isDeath(again) ? again : { ...round, violations: proven };
}

/** Whether a violation says that a call never came back. */
export const isHang = ({ kind, oracle }: Violation): boolean =>
  oracle === 'survival' && kind === HANG;

const isDeath = ({ violations }: Round): boolean =>
  violations.some(({ oracle }) => oracle === DEATH);
