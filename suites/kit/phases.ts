import type { CaseContext } from './context.ts';
import { Crowd } from './crowd.ts';

/** Times that half of a crowd is freed and made again. */
const REFILLS = 2;

/**
 * Holds a crowd of buffers, frees every other one, allocates again, and looks after each step at
 * what new buffers hold, and whether the others still hold their stamps.
 */
export async function observePhases(context: CaseContext, sizes: readonly bigint[]): Promise<void> {
  const crowd = new Crowd(context, sizes);
  const arrive = async (most?: bigint): Promise<void> => {
    const { contents, members } = await crowd.gather(most);
    context.observe('ISO-01', 'contents', contents.word, contents.detail);
    await crowd.stamp(members);
  };
  const verify = async (when: string): Promise<void> => {
    const { word, detail } = await crowd.verify(when);
    context.observe('FD-11', 'patterns', word, detail);
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
