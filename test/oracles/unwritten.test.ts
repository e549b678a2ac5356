/** The oracle of buffers that are mapped by a number which nobody has been told yet. */
import t from 'tap';
import { unwritten } from '../../oracles/index.ts';
import { allocation, mapping, PAGE, type Step, sample, step } from './sample.ts';

const ZERO = Uint8Array.of(0);
const address = 0x1000n;
/** Standard input, output, errors, and the device. */
const OPEN = Uint8Array.from([0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]);
const listed = step({ op: 'descriptors' }, [1, 2], { out: OPEN });

/** Asks for number 4 from 40 on; the answer comes at 80. */
const asks = allocation('a', [40, 80], { number: 4n });
const scan = (value: bigint, from = 54): Step =>
  step({ op: 'scan', address, length: PAGE, bytes: ZERO }, [from, from + 1], {
    value,
    out: Uint8Array.of(9),
  });
const maps = (fd = 4n): Step => mapping('m', [50, 52], { fd, address });
const kinds = (...threads: readonly (readonly Step[])[]): string[] => {
  const { timeline, buffers } = sample(...threads);
  return unwritten(timeline, buffers).map(({ kind }) => kind);
};

const WRONG = ['a buffer can be seen before it is clear'];

t.test('what nobody wrote to is zero, whoever sees it first', async (t) => {
  t.strictSame(kinds([listed, asks], [maps(), scan(PAGE)]), []);
  t.strictSame(kinds([listed, asks], [maps(), scan(8n)]), WRONG);
  t.strictSame(kinds([asks], [maps(), scan(8n)]), [], 'nobody knows what number 4 was before');
  t.strictSame(kinds([listed, asks], [maps(3n), scan(8n)]), [], 'it was there before');
});

t.test('what somebody may have written is not judged', async (t) => {
  const store = step({ op: 'store', address, length: PAGE, bytes: Uint8Array.of(9) }, [53, 53]);
  t.strictSame(kinds([listed, asks], [maps(), store, scan(8n)]), []);
  const unmap = step({ op: 'munmap', address, length: PAGE }, [53, 60]);
  t.strictSame(kinds([listed, asks], [maps(), scan(8n)], [unmap]), [], 'it may be gone');
  const file = step({ op: 'memfd', length: PAGE }, [45, 46], { value: 4n });
  t.strictSame(kinds([listed, asks], [file, maps(), scan(8n)]), [], 'it may be a file');
});

t.test('what was written to a buffer that is gone must not show', async (t) => {
  const other = 0x9000n;
  const before = (closed: number): Step[] => [
    listed,
    allocation('b', [3, 4], { number: 5n }),
    mapping('x', [5, 6], { fd: 5n, address: other }),
    step({ op: 'store', address: other, length: PAGE, bytes: Uint8Array.of(9) }, [7, 8]),
    step({ op: 'munmap', address: other, length: PAGE }, [9, 10]),
    step({ op: 'close', fd: 5n }, [11, closed]),
  ];
  t.strictSame(kinds([...before(12), asks], [maps(), scan(8n)]), WRONG);
  t.strictSame(kinds(before(60), [asks], [maps(), scan(8n)]), [], 'perhaps it is that buffer');
});
