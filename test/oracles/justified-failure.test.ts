/** The oracle of justified failure: ENOMEM only where there may have been no room. */
import t from 'tap';
import { requestBytes } from '../../catalogue/abi-request.ts';
import { justifiedFailure } from '../../oracles/index.ts';
import { abi, allocation, opened, PAGE, request, type Step, sample, step } from './sample.ts';

const close = (fd: bigint, from: number, to: number): Step => step({ op: 'close', fd }, [from, to]);

t.test('justified failure: ENOMEM only when there may have been no room', async (t) => {
  const room = { regions: new Map([['region:0', 2n]]), page: PAGE, orderMax: 0 };
  const judge = (...steps: readonly Step[]): string[] => {
    const { timeline, buffers } = sample(...steps.map((one) => [one]));
    return justifiedFailure(timeline, buffers, abi, room).map(({ kind }) => kind);
  };
  const refused = (pages: bigint): Step => allocation('r', [20, 21], { pages, errno: 'ENOMEM' });
  const one = allocation('a', [1, 2], { number: 4n });
  const two = allocation('b', [3, 4], { number: 5n });
  const unjustified = ['ENOMEM though there was room'];
  t.strictSame(judge(one, two, refused(1n)), [], 'the region is full');
  t.strictSame(judge(one, refused(1n)), unjustified);
  t.strictSame(judge(one, refused(2n)), [], 'only one page is left');
  t.strictSame(judge(one, two, close(5n, 6, 7), refused(1n)), unjustified);
  t.strictSame(judge(one, two, close(5n, 6, 20), refused(1n)), [], 'perhaps not closed yet');
  t.strictSame(judge(refused(3n)), [], 'more than there is');
  t.strictSame(judge(refused(2n)), unjustified, 'all of a region that is empty');
  const undone = (from: number, to: number): Step =>
    request({ length: PAGE }, [from, to], { errno: 'EFAULT', value: -1n });
  t.strictSame(judge(one, undone(19, 22), refused(1n)), [], 'what failed later had its page then');
  t.strictSame(judge(one, undone(5, 6), refused(1n)), unjustified, 'but not any more');
});

t.test('justified failure: a full region is no excuse for another', async (t) => {
  const regions = new Map([
    ['region:0', 2n],
    ['region:1', 2n],
  ]);
  const room = { regions, page: PAGE, orderMax: 0 };
  const open = step({ op: 'open', slot: 'other', file: 'region:1', flags: 2n }, [0, 0], {
    value: 9n,
  });
  const refused = (slot: string): Step => {
    const asks = request({ length: PAGE }, [20, 21], { errno: 'ENOMEM', value: -1n });
    return { ...asks, operation: { ...asks.operation, fd: { slot } } as Step['operation'] };
  };
  const judge = (...steps: readonly Step[]): string[] => {
    const { timeline, buffers } = sample([opened, open, ...steps]);
    return justifiedFailure(timeline, buffers, abi, room).map(({ requirement }) => requirement);
  };
  const out = requestBytes(abi, { length: 2n * PAGE, descriptor: 4n });
  const full = request({ length: 2n * PAGE }, [5, 6], { out });
  t.strictSame(judge(full, refused('device')), []);
  t.strictSame(judge(full, refused('other')), ['CMA-08']);
  const reused = step({ op: 'close', fd: 9n }, [7, 8]);
  t.strictSame(judge(full, reused, refused('other')), [], 'it may be the full one by now');
  t.strictSame(judge(reused, refused('other')), ['LEN-07'], 'neither was full');
});
