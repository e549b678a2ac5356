import type { CaseContext } from './context.ts';
import { Crowd } from './crowd.ts';
import type { Sighting } from './race.ts';

/** Times that half of a crowd is freed and made again. */
const REFILLS = 2;

/** What a case looks at while buffers come and go. */
export interface PhaseWatch {
  /** What new buffers held, after each time that buffers were made. */
  newBuffers?(seen: Sighting): void;
  /** Whether all buffers hold their own stamps, after each phase. */
  allBuffers?(seen: Sighting): void;
}

/**
 * Holds a crowd of buffers with a stamp in each page, frees every other one, and makes as many
 * again. A bug that strikes one request in many, or only when many buffers live, shows here.
 *
 * @param sizes in bytes, taken in turn
 */
export async function throughPhases(
  context: CaseContext,
  sizes: readonly bigint[],
  watch: PhaseWatch,
): Promise<void> {
  const crowd = new Crowd(context, sizes);
  const arrive = async (most?: bigint): Promise<void> => {
    const { contents, members, read } = await crowd.gather(most);
    if (read > 0n) watch.newBuffers?.(contents);
    await crowd.stamp(members);
  };
  const verify = async (when: string): Promise<void> => {
    if (watch.allBuffers !== undefined) watch.allBuffers(await crowd.verify(when));
  };
  await arrive();
  await verify('when all were written');
  const all = BigInt(crowd.members.length);
  for (let round = 0; round < REFILLS; round += 1) {
    await crowd.releaseHalf();
    await verify('when every other one was freed');
    await arrive(all - BigInt(crowd.members.length));
    await verify('when as many were made again');
  }
}
