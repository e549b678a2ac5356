/** The descriptors oracle: what a client holds is not given to it again. */
import t from 'tap';
import { requestBytes } from '../../catalogue/abi-request.ts';
import { descriptors } from '../../oracles/index.ts';
import { abi, allocation, PAGE, request, type Step, sample, step } from './sample.ts';

const close = (fd: bigint, from: number, to: number): Step => step({ op: 'close', fd }, [from, to]);

t.test('descriptors: a number in use is not given again', async (t) => {
  const judge = (...steps: readonly Step[]): string[] => {
    const { timeline, buffers } = sample(...steps.map((one) => [one]));
    return descriptors(timeline, buffers).map(({ kind }) => kind);
  };
  const first = allocation('a', [1, 4], { number: 4n });
  const again = allocation('b', [7, 9], { number: 4n });
  t.strictSame(judge(first, allocation('b', [2, 6], { number: 5n })), []);
  t.strictSame(judge(first, allocation('b', [2, 6], { number: 4n })), [
    'a descriptor was given twice',
  ]);
  t.strictSame(judge(first, again), ['a descriptor was given twice']);
  t.strictSame(judge(first, close(4n, 5, 6), again), [], 'closed before');
  t.strictSame(judge(first, close(4n, 5, 10), again), [], 'perhaps closed before');
  t.strictSame(judge(first, close(5n, 5, 6), again), ['a descriptor was given twice']);
});

t.test('descriptors: at rest a client has what was given to it and nothing else', async (t) => {
  const judge = (...steps: readonly Step[]): string[] => {
    const { timeline, buffers } = sample(steps);
    return descriptors(timeline, buffers).map(({ kind }) => kind);
  };
  const list = (at: number, ...numbers: readonly number[]): Step =>
    step({ op: 'descriptors', slot: `list ${at}` }, [at, at + 1], {
      out: new Uint8Array(Int32Array.from(numbers).buffer),
    });
  const accused = ['a descriptor that nothing gave'];
  const given = request({ length: PAGE }, [3, 4], { out: requestBytes(abi, { descriptor: 4n }) });
  t.strictSame(judge(list(1, 3), given, list(5, 3, 4)), []);
  t.strictSame(judge(list(1, 3), given, list(5, 3, 4, 5)), accused);
  const refused = request({ length: PAGE }, [3, 4], { value: -1n, errno: 'EFAULT' });
  t.strictSame(judge(list(1, 3), refused, list(5, 3, 4)), accused);
  // DMA-BUF heaps take requests of other sizes, and put the descriptor where they please.
  const other = step(
    {
      op: 'ioctl',
      slot: 'x',
      fd: 3n,
      request: 0xc0194800n,
      argument: { bytes: new Uint8Array(23) },
    },
    [3, 4],
  );
  t.strictSame(judge(list(1, 3), other, list(5, 3, 4)), []);
  const failed = step(other.operation, [3, 4], { value: -1n, errno: 'ENOTTY' });
  t.strictSame(judge(list(1, 3), failed, list(5, 3, 4)), accused);
});
