import { barrier, sleep } from '../../interpreter/timing.ts';
import type { Handler } from './kernel-call.ts';

const NANOSECONDS = 1000n;

const itimer: Handler = (call) => {
  const interval = call.word('intervalUs') * NANOSECONDS;
  const next = call.kernel.clock.now + interval;
  call.client.timer = interval === 0n ? undefined : { interval, next };
  return 0n;
};

/** Timers and meetings. */
export const timingCalls = { itimer, sleep, barrier } as const satisfies Record<string, Handler>;
