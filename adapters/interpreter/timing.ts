import type { CallReply } from './answer.ts';
import type { ProgramCall } from './call.ts';
import type { SystemCall } from './pause.ts';
import type { Process } from './process.ts';

const NANOSECONDS = 1000n;
const THREADS_MAX = 64n;

/** clock_nanosleep(2). */
export function* sleep(call: ProgramCall<Process>): SystemCall<CallReply> {
  const { clock } = call.context;
  const wakeAt = clock.now + call.word('microseconds') * NANOSECONDS;
  const woken = yield* call.sleep(() => clock.now >= wakeAt, wakeAt);
  return woken === 'interrupted' ? 'EINTR' : 0n;
}

/** One barrier for each number of parties; a generation ends when that many have come. */
export function* barrier(call: ProgramCall<Process>): SystemCall<CallReply> {
  const parties = call.word('parties');
  if (parties > THREADS_MAX) return { unsupported: true };
  const { barriers } = call.context;
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
