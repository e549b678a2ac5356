/** The content oracle, where a store may have gone another way than its address tells. */
import t from 'tap';
import { content } from '../../oracles/index.ts';
import { allocation, mapping, PAGE, type Step, sample, step } from './sample.ts';

const [m, n] = [0x10000n, 0x20000n];
const close = (from: number, to: number): Step => step({ op: 'close', fd: 4n }, [from, to]);
const store = (address: bigint, time: readonly [number, number], pages = 1n): Step =>
  step({ op: 'store', address, length: pages * PAGE, bytes: Uint8Array.of(7) }, time, {
    value: pages * PAGE,
  });
const scan = (address: bigint, byte: number, value: bigint, pages = 1n): Step =>
  step({ op: 'scan', address, length: pages * PAGE, bytes: Uint8Array.of(byte) }, [60, 61], {
    value,
    out: Uint8Array.of(9),
  });
const judge = (...threads: readonly (readonly Step[])[]): string[] => {
  const { timeline, buffers } = sample(...threads);
  return content(timeline, buffers).map(({ requirement }) => requirement);
};

/** A mapping of number 4 that meets the close of it, while another thread's does not. */
const raced = (then: readonly Step[], last = scan(n, 0, 0n)): string[] =>
  judge(
    [close(10, 11), close(18, 20)],
    [
      allocation('a', [12, 14], { number: 4n }),
      mapping('m', [16, 19], { fd: 4n, address: m }),
      ...then,
    ],
    [mapping('n', [15, 17], { fd: 4n, address: n }), last],
  );

t.test('a store through a mapping that may be of the buffer explains what it holds', async (t) => {
  t.strictSame(raced([]), ['ISO-01'], 'nobody has written');
  t.strictSame(raced([store(m, [23, 24])]), []);
  t.strictSame(raced([store(m, [62, 63])]), ['ISO-01'], 'it was written afterwards');
  const broken = scan(n, 0, 0n);
  const faults: Step = {
    ...broken,
    result: { ...broken.result, outcome: 'faulted', signal: 'SIGBUS' },
  };
  t.strictSame(raced([store(m, [23, 24])], faults), ['LIF-04'], 'no store makes it fault');
  const other = [
    allocation('b', [30, 31], { number: 5n }),
    mapping('x', [32, 33], { fd: 5n, address: 0x30000n }),
  ];
  const elsewhere = raced([...other, store(0x30000n, [34, 35])]);
  t.strictSame(elsewhere, ['ISO-01'], 'it surely went to another buffer');
  const unmap = step({ op: 'munmap', address: 0x30000n, length: PAGE }, [34, 36]);
  const unsure = raced([...other, unmap, store(0x30000n, [37, 38])]);
  t.strictSame(unsure, [], 'what lies there by then is unknown');
});

t.test('a mapping by a number that was guessed may be of the buffer', async (t) => {
  const guessed = (time: readonly [number, number]): string[] =>
    judge(
      [allocation('a', [12, 14], { number: 4n })],
      [mapping('m', time, { fd: 4n, address: m }), store(m, [23, 24])],
      [mapping('n', [15, 17], { fd: 4n, address: n }), scan(n, 0, 0n)],
    );
  t.strictSame(guessed([11, 13]), [], 'asked for before the request was');
  t.strictSame(guessed([5, 6]), ['ISO-01'], 'there was no such buffer yet');
});

t.test('a store fills a buffer only where its mapping stood all the while', async (t) => {
  const two = (slot: string, from: number, address: bigint): Step =>
    step(
      { op: 'mmap', slot, length: 2n * PAGE, protection: 3n, flags: 1n, fd: 4n },
      [from, from + 1],
      { value: address },
    );
  const before = [
    allocation('b', [1, 2], { number: 4n, pages: 2n }),
    two('m', 3, m),
    two('n', 5, n),
  ];
  const hole = [
    step({ op: 'munmap', address: m, length: PAGE }, [7, 8]),
    allocation('c', [9, 10], { number: 5n }),
    mapping('c', [11, 12], { fd: 5n, address: m }),
  ];
  const last = [store(m, [20, 21], 2n), scan(n, 7, 0n, 2n)];
  t.strictSame(judge([...before, ...last]), ['FD-11']);
  t.strictSame(judge([...before, ...hole, ...last]), [], 'another buffer lies in the hole');
  const late = step({ op: 'munmap', address: m, length: PAGE }, [22, 23]);
  t.strictSame(judge([...before, last[0] as Step, late, last[1] as Step]), ['FD-11']);
});

t.test('a store may hit a mapping that came where another was while it ran', async (t) => {
  const found = (from: number, to: number): string[] =>
    judge(
      [
        allocation('a', [1, 2], { number: 4n }),
        allocation('b', [3, 4], { number: 5n }),
        mapping('m', [5, 6], { fd: 5n, address: m }),
        step({ op: 'munmap', address: m, length: PAGE }, [20, 22]),
        mapping('n', [24, 26], { fd: 4n, address: m }),
        scan(m, 0, 0n),
      ],
      [store(m, [from, to])],
    );
  t.strictSame(found(21, 30), [], 'it may have come after the new mapping');
  t.strictSame(found(21, 23), ['ISO-01'], 'it was over before');
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

t.test('what was written through a descriptor is no mapping’s business', async (t) => {
  const held = [
    allocation('a', [12, 14], { number: 4n }),
    mapping('n', [15, 17], { fd: 4n, address: n }),
  ];
  const write = (given: Partial<Step['result']>): Step =>
    step({ op: 'pwrite', fd: 4n, bytes: Uint8Array.of(9) }, [20, 21], given);
  t.strictSame(judge([...held, scan(n, 0, 0n)]), ['ISO-01']);
  t.strictSame(judge([...held, write({ value: 1n }), scan(n, 0, 0n)]), []);
  t.strictSame(judge([...held, write({ errno: 'EINVAL', value: -1n }), scan(n, 0, 0n)]), [
    'ISO-01',
  ]);
});
