/** Statuses that the suites give a simulated target, for tests that look at few of them. */
import { openSimulator } from '../../../adapters/simulator/adapter.ts';
import type { Status } from '../../../reports/record/status.ts';
import { runSuites } from '../../../suites/index.ts';

/** A verdict of profile `hardened`. */
export interface SeenVerdict {
  readonly requirement: string;
  readonly case: string;
  readonly status: Status;
  readonly reason: string;
}

/** Every verdict on a target; of the requirements in `only`, or of all when it is empty. */
export async function verdictsOn(
  target: string,
  only: readonly string[] = [],
): Promise<readonly SeenVerdict[]> {
  const seen: SeenVerdict[] = [];
  const end = await runSuites({
    adapter: openSimulator(target),
    profile: 'hardened',
    only,
    seed: 0n,
    onStart: () => {},
    onCaseStart: () => {},
    onNotice: () => {},
    onCaseEnd: ({ case: id, verdicts }) => {
      for (const { profile, requirement, status, reason } of verdicts) {
        if (profile !== 'hardened') continue;
        if (only.length > 0 && !only.includes(requirement)) continue;
        seen.push({ requirement, case: id, status, reason });
      }
    },
  });
  if (!end.complete) throw new Error(`${target}: ${end.reason}`);
  return seen;
}
