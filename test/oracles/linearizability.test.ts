/** The search for an order: it finds one, proves that there is none, or says that it gave up. */
import t from 'tap';
import { toJson } from '../../adapters/contract/index.ts';
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

/** Whether some order of calls explains them, by trying all orders. */
function explained(calls: readonly ConcurrentCall<Action>[], state = register.initial): boolean {
  if (calls.every((one) => one.return === undefined)) return true;
  return calls.some((next) => {
    const rest = calls.filter((one) => one !== next);
    const isTooLate = rest.some((one) => one.return !== undefined && one.return < next.call);
    const after = register.step(state, next.action);
    return !isTooLate && after !== undefined && explained(rest, after);
  });
}

t.test('calls one after the other have one order, which is all that is tried', async (t) => {
  const inTurn = [call('write', 1, 1, 2), call('read', 1, 3, 4), call('write', 2, 5, 6)];
  t.equal(linearizable(inTurn, register, 3), 'linearizable');
  t.equal(linearizable(inTurn.toReversed(), register, 3), 'linearizable', 'in whatever order');
  t.equal(linearizable(inTurn, register, 2), 'unknown', 'each call is a step');
  const last = [...inTurn, call('read', 1, 7, 8)];
  t.equal(linearizable(last, register, 4), 'impossible');
  t.equal(linearizable([...inTurn, call('read', 1, 6, 7)], register, 9), 'linearizable', 'at once');
  let keys = 0;
  const counted = {
    ...register,
    key: (state: number) => {
      keys += 1;
      return String(state);
    },
  };
  linearizable(inTurn, counted, 3);
  t.equal(keys, 0, 'no state is remembered');
});

t.test('it answers as trying all orders does', async (t) => {
  let random = 1;
  const below = (limit: number): number => {
    random = (random * 48_271) % 0x7fffffff;
    return random % limit;
  };
  const answers = { linearizable: 0, impossible: 0, unknown: 0 };
  for (let round = 0; round < 400; round += 1) {
    const calls = Array.from({ length: 3 + below(4) }, () => {
      const from = below(10);
      const to = below(5) === 0 ? undefined : from + below(6);
      return call(below(2) === 0 ? 'write' : 'read', below(3), from, to);
    });
    const answer = linearizable(calls, register, 100_000);
    answers[answer] += 1;
    const expected = explained(calls) ? 'linearizable' : 'impossible';
    if (answer !== expected) t.equal(answer, expected, JSON.stringify(toJson(calls)));
  }
  t.ok(answers.linearizable > 100 && answers.impossible > 100, JSON.stringify(answers));
  t.equal(answers.unknown, 0);
});

t.test('what it has seen outgrows its first table', async (t) => {
  const writes = Array.from({ length: 11 }, (_, value) => call('write', value, 1, 100));
  const impossible = [...writes, call('read', 99, 101, 102)];
  t.equal(linearizable(impossible, register, 10_000_000), 'impossible');
});
