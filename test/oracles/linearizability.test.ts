/** The search for an order: it finds one, proves that there is none, or says that it gave up. */
import t from 'tap';
import { type ConcurrentCall, linearizable, type Model } from '../../oracles/index.ts';

/** A register: writes set it, reads see it. */
interface Action {
  readonly kind: 'write' | 'read';
  readonly value: number;
}

const register: Model<number, Action> = {
  initial: 0,
  step: (state, { kind, value }) => (kind === 'write' || state === value ? value : undefined),
  key: String,
};

const call = (
  kind: Action['kind'],
  value: number,
  from: number,
  to?: number,
): ConcurrentCall<Action> => ({
  action: { kind, value },
  call: BigInt(from),
  return: to === undefined ? undefined : BigInt(to),
});

t.test('calls that overlap may come in any order, others may not', async (t) => {
  const answer = (...calls: readonly ConcurrentCall<Action>[]) =>
    linearizable(calls, register, 1000);
  t.equal(answer(call('write', 1, 1, 5), call('read', 0, 2, 3)), 'linearizable');
  t.equal(answer(call('write', 1, 1, 5), call('read', 1, 2, 3)), 'linearizable');
  t.equal(answer(call('write', 1, 1, 2), call('read', 0, 3, 4)), 'impossible');
  t.equal(answer(call('write', 1, 1), call('read', 0, 3, 4)), 'linearizable', 'never came back');
  t.equal(answer(call('write', 1, 1), call('read', 1, 3, 4)), 'linearizable', 'but took effect');
});

t.test('a budget that runs out is no answer', async (t) => {
  const writes = Array.from({ length: 12 }, (_, value) => call('write', value, 1, 100));
  const impossible = [...writes, call('read', 99, 101, 102)];
  t.equal(linearizable(impossible, register, 50), 'unknown');
  t.equal(linearizable(impossible.slice(6), register, 100_000), 'impossible');
});
