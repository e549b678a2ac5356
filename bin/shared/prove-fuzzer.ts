import { openTarget } from '../../adapters/open-target.ts';
import { counted } from '../../base/counted.ts';
import { packageVersion } from '../../base/package-root.ts';
import { canaryExitCode, selfCheckExitCode } from '../../fuzz/campaign/exit-codes.ts';
import { type FuzzRequest, SHRINK_BUDGET } from '../../fuzz/campaign/request.ts';
import {
  type CanaryEnd,
  findCanary,
  type SelfCheck,
  selfCheck,
} from '../../fuzz/campaign/self-check.ts';
import { closeInTime } from './close-in-time.ts';
import { Interrupt } from './interrupt.ts';
import { complain, say } from './terminal.ts';

/**
 * Proves that the machinery works: it finds what was planted, or it finds the same twice.
 *
 * @returns the exit code: 0 proven, 1 proven with findings about the target, 3 not proven
 */
export async function proveFuzzer(request: FuzzRequest, canary: boolean): Promise<number> {
  const { profile, target, ...rest } = request;
  const adapter = await openTarget(target);
  const interrupt = new Interrupt('round');
  const options = {
    ...rest,
    adapter,
    version: packageVersion(),
    shrinkBudget: SHRINK_BUDGET,
    signal: interrupt.signal,
    ...(profile === undefined ? {} : { profile }),
  };
  try {
    if (canary) {
      const end = await findCanary(options);
      showCanary(end);
      return interrupt.received?.exitCode ?? canaryExitCode(end);
    }
    const end = await selfCheck(options);
    showSelfCheck(end);
    return interrupt.received?.exitCode ?? selfCheckExitCode(end);
  } finally {
    interrupt.dispose();
    await closeInTime(adapter);
  }
}

function showCanary({ complete, found, rounds }: CanaryEnd): void {
  if (found) {
    say(`The canary was found after ${counted(rounds, 'round')}.`);
    return;
  }
  const why = complete ? 'campaigns on this target prove nothing' : 'it was interrupted';
  complain(`the canary was not found in ${counted(rounds, 'round')}: ${why}`);
}

function showSelfCheck({ complete, difference, findings, rounds }: SelfCheck): void {
  if (!complete) {
    complain('it was interrupted before the two runs could be compared; run it again');
  } else if (difference !== undefined) {
    complain(`two runs of the same seed differ, first in ${difference}`);
  } else {
    say(`Two runs are alike: ${counted(rounds, 'round')}, ${counted(findings, 'finding')}.`);
  }
}
