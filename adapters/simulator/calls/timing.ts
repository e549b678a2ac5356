import type { SystemCall } from '../pause.ts';
import type { Call, Handler, Reply } from './call.ts';

const NANOSECONDS = 1000n;
const THREADS_MAX = 64n;

const itimer: Handler = (call) => {
  const interval = call.word('intervalUs') * NANOSECONDS;
  const next = call.kernel.clock.now + interval;
  call.client.timer = interval === 0n ? undefined : { interval, next };
  return 0n;
};

function* sleep(call: Call): SystemCall<Reply> {
  const wakeAt = call.kernel.clock.now + call.word('microseconds') * NANOSECONDS;
  const woken = yield* call.sleep(() => call.kernel.clock.now >= wakeAt, wakeAt);
  return woken === 'interrupted' ? 'EINTR' : 0n;
}

/** One barrier for each number of parties; a generation ends when that many have come. */
function* barrier(call: Call): SystemCall<Reply> {
  const parties = call.word('parties');
  if (parties > THREADS_MAX) return { unsupported: true };
  const { barriers } = call.around;
  const meeting = barriers.get(Number(parties)) ?? { arrived: 0, generation: 0 };
  barriers.set(Number(parties), meeting);
  const { generation } = meeting;
  meeting.arrived += 1;
  if (BigInt(meeting.arrived) >= parties) {
    meeting.arrived = 0;
    meeting.generation += 1;
    return 0n;
  }
  const open = (): boolean => meeting.generation !== generation;
  while (!open() && !call.ending) yield* call.sleep(open);
  return 0n;
}

/** Timers and meetings. */
export const timingCalls = { itimer, sleep, barrier } as const satisfies Record<string, Handler>;
