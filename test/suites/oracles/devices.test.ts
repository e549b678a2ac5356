import t from 'tap';
import { devicesIn } from '../../../suites/oracles/index.ts';
import { opened, request, type Step, sample, step } from './sample.ts';

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
