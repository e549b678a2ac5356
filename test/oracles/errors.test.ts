/** The errors oracle: a request has an outcome that was predicted. */
import t from 'tap';
import type { Result } from '../../adapters/contract/index.ts';
import { errors, type Prediction } from '../../oracles/index.ts';
import { opened, PAGE, request, type Step, sample } from './sample.ts';

t.test('errors: a request comes to what was predicted', async (t) => {
  const asks = (from: number, given: Partial<Result>): Step =>
    request({ length: PAGE }, [from, from + 1], given);
  const granted = (from: number): Step => asks(from, {});
  const refused = (from: number): Step => asks(from, { errno: 'EINVAL', value: -1n });
  const judge = (prediction: Prediction, ...steps: readonly Step[]): string[] =>
    errors(sample([opened, ...steps]).timeline, ({ operation }) =>
      operation.op === 'ioctl' ? prediction : undefined,
    ).map(({ kind }) => kind);
  const ok = { requirement: 'IOC-01', words: ['ok'] };
  t.strictSame(judge(ok, granted(5)), []);
  t.strictSame(judge(ok, refused(5)), ['ioctl failed with EINVAL']);
  t.strictSame(judge({ ...ok, words: ['error'] }, refused(5)), []);
  const either = { requirement: 'RES-03', words: ['ok', 'EINVAL'], alike: ['ok', 'EINVAL'] };
  t.strictSame(judge(either, granted(5), granted(7)), []);
  t.strictSame(judge(either, refused(5), refused(7)), []);
  t.strictSame(judge(either, granted(5), refused(7)), ['equal requests ended differently']);
});
