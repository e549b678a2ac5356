import { linux, type Placement } from '../../../adapters/contract/index.ts';
import { fieldOf } from '../../../catalogue/abi-request.ts';
import { isMixture, mixturesOf } from '../../../oracles/timeline/torn-reads.ts';
import type { Case } from '../../kit/case.ts';
import type { Allocation, CaseContext } from '../../kit/context.ts';

/** Requests whose argument changes while they are carried out. */
const ROUNDS = 64;

/** A request whose length changes while it is carried out. */
export const changingLengthCases: readonly Case[] = [
  {
    id: 'CON-04/length-flips',
    title: 'a length that changes during the call is read once',
    requirements: ['CON-04'],
    async run(context) {
      const { page } = context;
      const first = page + 1n;
      const second = 3n * page + 1n;
      const { offset } = fieldOf(context.abi, 'length');
      const placement: Placement = { kind: 'flipped', offset, width: 8, value: second };
      await context.control({ length: first });
      for (let round = 0; round < ROUNDS; round += 1) {
        const buffer = await context.buffer({ length: first }, { placement });
        const seen = await snapshotOf(context, buffer, [first, second]);
        context.observe('CON-04', 'snapshot', seen.word, seen.detail);
        await context.release(buffer);
      }
    },
  },
];

/**
 * Which of two requests a buffer answers. The length that was returned counts only where it has a
 * byte that is neither the size's nor one of the two lengths': otherwise the other thread may have
 * written last. The lengths differ in one byte, because one read may see a mixture of others.
 */
async function snapshotOf(
  context: CaseContext,
  buffer: Allocation,
  asked: readonly bigint[],
): Promise<{ word: string; detail: string }> {
  const { output, width } = fieldOf(context.abi, 'length');
  const rounded = mixturesOf(asked, width).map(
    (length) => ((length + context.page - 1n) / context.page) * context.page,
  );
  const whence = linux.SEEK_END;
  const { value: size } = await context.subject.lseek({ fd: buffer.fd, offset: 0n, whence });
  const back = context.fieldAfter(buffer, 'length');
  const reported = output !== true || isMixture(back, [size, ...asked], width);
  const whole = rounded.includes(size) && reported;
  const detail = `lengths ${asked.join(' and ')} in turn gave ${size} bytes, reported as ${back}`;
  return { word: whole ? 'one-snapshot' : 'mixture', detail };
}
