/** Each oracle is silent on a history that is right, and speaks when one event of it is wrong. */
import t from 'tap';
import { requestBytes } from '../../catalogue/abi-request.ts';
import {
  accounting,
  content,
  descriptors,
  exclusion,
  justifiedFailure,
} from '../../oracles/index.ts';
import {
  abi,
  allocation,
  mapping,
  opened,
  PAGE,
  request,
  type Step,
  sample,
  step,
} from './sample.ts';

const close = (fd: bigint, from: number, to: number): Step => step({ op: 'close', fd }, [from, to]);
const frames = (address: bigint, from: number, frame: bigint): Step =>
  step({ op: 'frames', address, length: PAGE }, [from, from + 1], {
    value: 1n,
    out: new Uint8Array(BigUint64Array.of(frame).buffer),
  });

t.test('exclusion: two buffers that live at once have no frame in common', async (t) => {
  const first = [
    allocation('a', [1, 2], { number: 4n }),
    mapping('x', [3, 4], { fd: 4n, address: 0x1000n }),
    frames(0x1000n, 5, 100n),
  ];
  const second = (frame: bigint): Step[] => [
    allocation('b', [11, 12], { number: 5n }),
    mapping('y', [13, 14], { fd: 5n, address: 0x2000n }),
    frames(0x2000n, 15, frame),
  ];
  const unmap = step({ op: 'munmap', address: 0x1000n, length: PAGE }, [7, 8]);
  const judge = (...threads: readonly (readonly Step[])[]): string[] => {
    const { timeline, buffers } = sample(...threads);
    return exclusion(timeline, buffers).map(({ kind }) => kind);
  };
  t.strictSame(judge(first, second(101n)), []);
  t.strictSame(judge(first, second(100n)), ['two live buffers share a page']);
  t.strictSame(judge([...first, unmap, close(4n, 9, 10)], second(100n)), [], 'given back before');
  t.strictSame(judge([...first, unmap, close(4n, 9, 30)], second(100n)), [], 'perhaps given back');
});

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

t.test('accounting: at rest as much memory is free as before', async (t) => {
  const reading = (from: number, free: number): Step =>
    step({ op: 'readfile', document: '/proc/meminfo' }, [from, from + 1], {
      out: new TextEncoder().encode(`MemFree: 7 kB\nCmaFree:   ${free} kB\n`),
    });
  const judge = (before: number, after: number): string[] => {
    const { timeline, buffers } = sample([reading(1, before), reading(9, after)]);
    return accounting(timeline, buffers, 'CmaFree').map(({ kind }) => kind);
  };
  t.strictSame(judge(64, 64), []);
  t.strictSame(judge(64, 60), ['memory is lost']);
  t.strictSame(judge(60, 64), ['more memory is free than was there']);
  t.strictSame(accounting(sample([reading(1, 64)]).timeline, [], 'CmaFree'), [], 'one reading');
});

t.test('accounting: in between as much is taken as the buffers have that live', async (t) => {
  const reading = (from: number, free: number): Step =>
    step({ op: 'readfile', document: '/proc/meminfo' }, [from, from + 1], {
      out: new TextEncoder().encode(`CmaFree:   ${free} kB\n`),
    });
  const judge = (free: number, ...threads: readonly (readonly Step[])[]): string[] => {
    const [first = [], ...others] = threads;
    const steps = [reading(1, 64), ...first, reading(20, free), reading(90, 64)];
    const { timeline, buffers } = sample(steps, ...others);
    return accounting(timeline, buffers, 'CmaFree').map(({ requirement }) => requirement);
  };
  const buffer = allocation('a', [5, 6], { number: 4n });
  t.strictSame(judge(60, [buffer]), []);
  t.strictSame(judge(56, [buffer]), ['LEN-09'], 'it costs more than its pages');
  t.strictSame(judge(64, [buffer]), ['LIF-03'], 'it is there, and was freed');
  t.strictSame(judge(64, [buffer, close(4n, 8, 9)]), []);
  t.strictSame(judge(60, [buffer, close(4n, 8, 9)]), ['LIF-01'], 'it is gone, and was not freed');
  t.strictSame(judge(60, [buffer], [close(4n, 18, 30)]), [], 'perhaps it is gone');
  t.strictSame(judge(64, [buffer], [close(4n, 18, 30)]), [], 'perhaps it is not');
  const other = allocation('b', [15, 30], { number: 5n });
  t.strictSame(judge(56, [buffer], [other]), [], 'another request is under way');
});

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

t.test('content: a buffer holds what was written to it', async (t) => {
  const address = 0x1000n;
  const bytes = Uint8Array.of(7);
  const before = [
    allocation('a', [1, 2], { number: 4n }),
    mapping('x', [3, 4], { fd: 4n, address }),
  ];
  const store = (from: number, to: number): Step =>
    step({ op: 'store', address, length: PAGE, bytes }, [from, to], { value: PAGE });
  const scan = (value: bigint, wanted = bytes): Step =>
    step({ op: 'scan', address, length: PAGE, bytes: wanted }, [20, 21], {
      value,
      out: Uint8Array.of(9),
    });
  const judge = (...threads: readonly (readonly Step[])[]): string[] => {
    const { timeline, buffers } = sample(...threads);
    return content(timeline, buffers).map(({ kind }) => kind);
  };
  t.strictSame(judge([...before, store(5, 6), scan(PAGE)]), []);
  t.strictSame(judge([...before, store(5, 6), scan(8n)]), ['a buffer lost what was written']);
  t.strictSame(judge([...before, store(5, 6)], [scan(8n)]), ['a buffer lost what was written']);
  t.strictSame(judge([...before, store(5, 30)], [scan(8n)]), [], 'still being written');
  const zero = Uint8Array.of(0);
  t.strictSame(judge([...before, scan(PAGE, zero)]), []);
  t.strictSame(judge([...before, scan(8n, zero)]), ['a new buffer is not zero']);
  const fault = { ...scan(0n), result: { ...scan(0n).result, outcome: 'faulted' as const } };
  t.strictSame(judge([...before, store(5, 6), fault]), ['a mapping faults']);
  const protect = step({ op: 'mprotect', address, length: PAGE, protection: 0n }, [7, 8]);
  t.strictSame(judge([...before, store(5, 6), protect, fault]), [], 'nobody may read it');
  const [buffer, shared] = before;
  if (buffer === undefined || shared?.operation.op !== 'mmap') throw new Error('no mapping');
  const own = { ...shared, operation: { ...shared.operation, flags: 2n } };
  t.strictSame(judge([buffer, own, store(5, 6), scan(8n)]), [], 'it is no business of others');
});
