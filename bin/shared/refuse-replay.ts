import { usageError } from '../../base/errors.ts';

/**
 * Refuses a recorded run where Programs are asked that no run has asked before.
 *
 * @param command what was typed, such as `fuzz`
 * @throws {@link AllocertError} (usage) for a `replay:` target
 */
export function refuseReplay(target: string | undefined, command: string): void {
  if (target === undefined || !/^replay:/i.test(target)) return;
  throw usageError(
    `${command} asks new Programs, and replay: answers only those that were recorded; ` +
      'name a live target, or recompute the recorded verdicts with allocert run replay:…',
  );
}
