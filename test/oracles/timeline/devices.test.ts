import t from 'tap';
import { devicesIn } from '../../../oracles/index.ts';
import { type Act, opened, request, type Step, sample, sampleOf, step } from '../sample.ts';

t.test('a request is on a device only while nobody may have closed its number', async (t) => {
  const late = { ...opened, result: { ...opened.result, call: 10n, return: 14n } };
  const on = (...closes: readonly Step[]): string | undefined => {
    const { timeline } = sample([late, request({}, [20, 24], { value: 0n })], closes);
    const asked = timeline.events.find(({ operation }) => operation.op === 'ioctl');
    return asked === undefined ? 'nothing' : devicesIn(timeline)(asked);
  };
  const close = (fd: bigint, from: number, to: number): Step =>
    step({ op: 'close', fd }, [from, to]);
  t.equal(on(), 'region:0');
  t.equal(on(close(4n, 15, 16)), 'region:0', 'another number');
  t.equal(on(close(3n, 5, 8)), 'region:0', 'a file that had the number before');
  t.equal(on(close(3n, 15, 16)), undefined);
  t.equal(on(close(3n, 11, 16)), undefined, 'the number is there before the open returns');
  t.equal(on(close(3n, 23, 26)), undefined, 'during the request');
  t.equal(on(close(3n, 25, 26)), 'region:0');
});

t.test('a child has the devices that were open before its fork began', async (t) => {
  const open = (from: number, to: number): Step => ({
    ...opened,
    result: { ...opened.result, call: BigInt(from), return: BigInt(to) },
  });
  const fork = (child: string, from: number, to: number): Step =>
    step({ op: 'fork', client: child }, [from, to], { value: 7n });
  const asked: Act = { client: 'child', steps: [request({}, [40, 44], { value: 0n })] };
  const on = (...acts: readonly Act[]): string | undefined => {
    const { timeline } = sampleOf(...acts, asked);
    const event = timeline.events.find(({ operation }) => operation.op === 'ioctl');
    return event === undefined ? 'nothing' : devicesIn(timeline)(event);
  };
  const parent = (...steps: readonly Step[]): Act => ({ client: 'subject', steps });
  const child = fork('child', 20, 22);
  t.equal(on(parent(open(10, 14), child)), 'region:0');
  t.equal(on(parent(open(10, 21)), parent(child)), undefined, 'it was opened during the fork');
  t.equal(on(parent(child, open(30, 32))), undefined, 'it was opened later');
  t.equal(on(parent(open(10, 14))), undefined, 'nobody knows where the child is from');
  t.equal(on(parent(open(10, 14), child, fork('child', 30, 32))), undefined, 'or which it is');
  const between = (...steps: readonly Step[]): Act => ({ client: 'middle', steps });
  const middle = fork('middle', 16, 18);
  t.equal(on(parent(open(10, 14), middle), between(child)), 'region:0', 'over two forks');
  const close = step({ op: 'close', fd: 3n }, [18, 19]);
  t.equal(on(parent(open(10, 14), middle), between(close, child)), undefined, 'closed on the way');
});
