/** The oracle of what a request finds in its argument afterwards. */
import t from 'tap';
import { linux, type Result } from '../../adapters/contract/index.ts';
import { type Fields, requestBytes } from '../../catalogue/abi-request.ts';
import { answers } from '../../oracles/index.ts';
import { abi, opened, PAGE, request, type Step, sample } from './sample.ts';

const flags = linux.O_RDWR | linux.O_CLOEXEC;

/** A request of 100 bytes, and what is in its argument afterwards. */
const judged = (after: Fields, given: Partial<Result> = {}): string[] => {
  const asked: Fields = { length: 100n };
  const out = requestBytes(abi, { ...asked, ...after });
  const steps: Step[] = [opened, request(asked, [5, 6], { out, ...given })];
  return answers(sample(steps).timeline, abi, PAGE).map(({ requirement }) => requirement);
};

t.test('a granted request has its outputs and nothing else changed', async (t) => {
  const right = { length: PAGE, descriptor: 4n };
  t.strictSame(judged(right), []);
  t.strictSame(judged({ ...right, length: 100n }), ['LEN-03']);
  t.strictSame(judged({ ...right, length: 2n * PAGE }), ['LEN-03']);
  t.strictSame(judged({ ...right, reserved2: 4n }), ['ABI-05']);
  t.strictSame(judged({ ...right, flags: flags | 4n }), ['ABI-05']);
  t.strictSame(judged(right, { value: 4n }), ['IOC-06']);
  t.strictSame(judged(right, { redZone: ['after'] }), ['ABI-03']);
});

t.test('a refused request is as it was', async (t) => {
  const refused = { errno: 'ENOMEM', value: -1n } as const;
  t.strictSame(judged({}, refused), []);
  t.strictSame(judged({ descriptor: 4n }, refused), ['ABI-06']);
});

t.test('what others change, and what is no device, is not judged', async (t) => {
  const wrong = { out: requestBytes(abi, { length: 1n }) };
  const placement = { kind: 'flipped', offset: 8, width: 8, value: 7n } as const;
  const judge = (...steps: readonly Step[]): string[] =>
    answers(sample(steps).timeline, abi, PAGE).map(({ requirement }) => requirement);
  const asks = request({ length: 100n }, [5, 6], wrong);
  t.strictSame(judge(opened, asks), ['LEN-03']);
  t.strictSame(judge(opened, request({ length: 100n }, [5, 6], wrong, placement)), []);
  const close: Step = { ...opened, operation: { op: 'close', fd: 3n } };
  const closed = { ...close, result: { ...close.result, call: 3n, return: 4n } };
  t.strictSame(judge(opened, closed, asks), [], 'its number may be anything by then');
});

t.test('bytes that the command itself declared are not outside of the argument', async (t) => {
  const judge = (command: bigint, zone: 'before' | 'after'): string[] => {
    const asks = request({ length: 100n }, [5, 6], { redZone: [zone] });
    const operation = { ...asks.operation, request: command } as Step['operation'];
    const steps = [opened, { ...asks, operation }];
    return answers(sample(steps).timeline, abi, PAGE).map(({ requirement }) => requirement);
  };
  const size = BigInt(abi.command.size);
  const sized = (bytes: bigint, direction = linux.IOC_READ | linux.IOC_WRITE): bigint =>
    linux.ioctlNumber(direction, abi.command.type, BigInt(abi.command.nr), bytes);
  t.strictSame(judge(sized(size + 8n), 'after'), []);
  t.strictSame(judge(sized(size + 8n), 'before'), ['ABI-03']);
  t.strictSame(judge(sized(size), 'after'), ['ABI-03']);
  t.strictSame(judge(sized(size + 8n, linux.IOC_WRITE), 'after'), ['ABI-03'], 'only to be read');
});
