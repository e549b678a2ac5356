/** The argument's layout as kernels tell it, against the ABI's. */
import t from 'tap';
import { abiNamed } from '../../../catalogue/catalogue.ts';
import { layoutDifferences } from '../../../suites/kit/structure-layout.ts';

const HEAP = '24 len@0+8 fd@8+4 fd_flags@12+4 heap_flags@16+8';
const SIMPLE = '32 version@0+8 length@8+8 flags@16+4 reserved1@20+4 fd@24+4 reserved2@28+4';

t.test('the layouts of Linux and of the RFC are those of the ABIs', async (t) => {
  t.strictSame(layoutDifferences(abiNamed('dma-heap'), HEAP), []);
  t.strictSame(layoutDifferences(abiNamed('simple-allocator'), SIMPLE), []);
});

t.test('another size, a member that moved, and one more are told apart', async (t) => {
  const heap = abiNamed('dma-heap');
  t.strictSame(layoutDifferences(heap, HEAP.replace('24', '32')), ["the ABI's has 24 bytes"]);
  t.strictSame(layoutDifferences(heap, HEAP.replace('fd@8+4', 'fd@8+8')), [
    'no member is descriptor, 4 bytes at 8',
    'fd, 8 bytes at 8, is not a field',
  ]);
  t.strictSame(layoutDifferences(heap, `${HEAP} more@24+8`), [
    'more, 8 bytes at 24, is not a field',
  ]);
});

t.test('what is no layout is said to be none', async (t) => {
  for (const text of ['', '24 len', '24 len@0', '-1', `24${' a@0+8'.repeat(65)}`, '9'.repeat(10)]) {
    t.strictSame(layoutDifferences(abiNamed('dma-heap'), text), ['this says no layout'], text);
  }
});
