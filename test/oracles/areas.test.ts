/** The oracle of CMA's areas: pages that stay taken when every client is gone. */
import t from 'tap';
import type { Operation, Result } from '../../adapters/contract/index.ts';
import { commandOf, requestBytes } from '../../catalogue/abi-request.ts';
import { areas, growthOfAreas, SETTLING_US } from '../../oracles/index.ts';
import { type Act, abi, allocation, PAGE, type Step, sampleOf, step } from './sample.ts';

let now = 0;
function then(operation: Operation, given: Partial<Result> = {}): Step {
  now += 10;
  return step(operation, [now, now + 1], given);
}
const read = (...pages: readonly number[]): Step =>
  then(
    { op: 'readfile', document: '/sys/kernel/debug/cma' },
    { out: new TextEncoder().encode(pages.map((one, at) => `area${at} ${one}\n`).join('')) },
  );
const fork = (): Step => then({ op: 'fork', client: 'subject' }, { value: 70n });
const wait = (): Step => then({ op: 'wait', client: 'subject' }, { value: 9n });
const sleep = (microseconds = SETTLING_US): Step => then({ op: 'sleep', microseconds });

const judge = (steps: readonly Step[], ...others: readonly Act[]): string[] =>
  areas(sampleOf({ client: 'main', steps }, ...others).timeline).map(({ detail }) => detail);

const LOST = ["3 pages of CMA's areas stay taken after every client has ended"];

t.test('areas: what is taken when everybody is gone is lost', async (t) => {
  t.strictSame(judge([read(5, 1), fork(), wait(), sleep(), read(8, 1)]), LOST);
  t.strictSame(judge([read(5, 1), fork(), wait(), sleep(), read(5, 4)]), LOST, 'of any area');
  t.strictSame(judge([read(5), fork(), wait(), sleep(), read(5)]), []);
  t.strictSame(judge([read(5), fork(), wait(), sleep(), read(4)]), [], 'others gave some back');
});

t.test('areas: nothing is said while the kernel may still free some', async (t) => {
  t.strictSame(judge([read(5), fork(), wait(), read(8)]), [], 'at once');
  t.strictSame(judge([read(5), fork(), wait(), sleep(1n), read(8)]), [], 'too soon');
  t.strictSame(judge([read(5), fork(), sleep(), wait(), read(8)]), [], 'it slept before');
  t.strictSame(judge([read(5), fork(), sleep(), read(8)]), [], 'a client is alive');
  t.strictSame(judge([fork(), read(5), wait(), sleep(), read(8)]), [], 'one was there before');
  const own = then({
    op: 'ioctl',
    fd: 3n,
    request: commandOf(abi),
    argument: { bytes: requestBytes(abi, { length: PAGE }) },
  });
  t.strictSame(judge([read(5), own, fork(), wait(), sleep(), read(8)]), [], 'main has a buffer');
  const lost = then({ op: 'wait', client: 'subject' }, { value: -1n, errno: 'ECHILD' });
  t.strictSame(judge([read(5), fork(), lost, sleep(), read(8)]), [], 'nobody knows of its end');
  const there = [read(5), fork(), wait(), sleep(), then({ op: 'close', fd: 1n })];
  t.strictSame(judge(there), [], 'one reading alone');
});

t.test('a round that left pages is told by its first and its last reading', async (t) => {
  const growth = (...steps: readonly Step[]): bigint => {
    const buffer = allocation('a', [now + 1, now + 2], { number: 4n });
    const subject = { client: 'subject', steps: [buffer] };
    return growthOfAreas(sampleOf({ client: 'main', steps }, subject).timeline);
  };
  t.equal(growth(read(5, 2), fork(), wait(), read(6, 3)), 2n);
  t.equal(growth(read(5), fork(), wait()), 0n);
  t.equal(growth(fork()), 0n);
});
