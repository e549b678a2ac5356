import { ConnectionLost, TargetDeath } from './session.ts';

/** A loss that accuses no target: of the way to it, or of one that was ended from outside. */
export type Loss = ConnectionLost | TargetDeath;

const isLoss = (thrown: unknown): thrown is Loss =>
  thrown instanceof ConnectionLost || (thrown instanceof TargetDeath && thrown.forced);

/**
 * Runs something on a target, and once more, from its beginning, if the target was lost without
 * being to blame. A second loss is thrown as it came: what it means is the caller's to say.
 *
 * @param run one run, in a session that it opens where there is none; `repeated` for the second
 * @param onLoss called with the first loss before the second run; it leaves the broken session
 */
export async function repeatIfLost<T>(
  run: (repeated: boolean) => Promise<T>,
  onLoss: (loss: Loss) => Promise<void>,
): Promise<T> {
  try {
    return await run(false);
  } catch (thrown) {
    if (!isLoss(thrown)) throw thrown;
    await onLoss(thrown);
  }
  return run(true);
}
