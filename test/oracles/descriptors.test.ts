/** The descriptors oracle: what a client holds is not given to it again. */
import t from 'tap';
import { descriptors } from '../../oracles/index.ts';
import { allocation, type Step, sample, step } from './sample.ts';

const close = (fd: bigint, from: number, to: number): Step => step({ op: 'close', fd }, [from, to]);

t.test('descriptors: a number in use is not given again', async (t) => {
  const judge = (...steps: readonly Step[]): string[] => {
    const { timeline, buffers } = sample(...steps.map((one) => [one]));
    return descriptors(timeline, buffers).map(({ kind }) => kind);
  };
  const first = allocation('a', [1, 4], { number: 4n });
  const again = allocation('b', [7, 9], { number: 4n });
  t.strictSame(judge(first, allocation('b', [2, 6], { number: 5n })), []);
  t.strictSame(judge(first, allocation('b', [2, 6], { number: 4n })), ['a number was given twice']);
  t.strictSame(judge(first, again), ['a number was given twice']);
  t.strictSame(judge(first, close(4n, 5, 6), again), [], 'closed before');
  t.strictSame(judge(first, close(4n, 5, 10), again), [], 'perhaps closed before');
  t.strictSame(judge(first, close(5n, 5, 6), again), ['a number was given twice']);
});
