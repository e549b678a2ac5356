import type { Pause, SystemCall } from '../../interpreter/pause.ts';

/**
 * Goes through a system call, and at each preemption point of one name does something else.
 *
 * @param call steps of the right algorithm, or what a call returned that has no steps
 * @param instead gets the pause, which it should yield itself
 */
export function* around<T>(
  call: T | SystemCall<T>,
  point: string,
  instead: (pause: Pause) => SystemCall<void>,
): SystemCall<T> {
  if (!hasSteps(call)) return call;
  for (let step = call.next(); ; step = call.next()) {
    if (step.done === true) return step.value;
    if (step.value === point) yield* instead(step.value);
    else yield step.value;
  }
}

/** Whether a call goes in steps, and has not returned yet. */
export const hasSteps = <T>(call: T | SystemCall<T>): call is SystemCall<T> =>
  typeof call === 'object' && call !== null && 'next' in call;
