/** Rows that were not looked at: one paragraph for each reason, or for each missing operation. */
import t from 'tap';
import { painter, UNBROKEN } from '../../../reports/formats/layout.ts';
import { remarksByReason } from '../../../reports/formats/remarks.ts';
import type { Point } from '../../../reports/record/points.ts';

const style = { paint: painter(false), columns: UNBROKEN };
const point = (id: string, reason: string): Point =>
  ({ case: { id: `${id}/x` }, requirement: { id }, expected: [], observed: [], reason }) as never;
const lacks = (id: string, names: string): Point =>
  point(id, `the target does not offer an operation that this case needs (${names})`);

t.test('rows that lack the same operation stand together', async (t) => {
  const points = [
    lacks('MAP-01', 'mmap'),
    lacks('FD-02', 'dup2'),
    lacks('MAP-02', 'mmap, munmap'),
    point('CMA-01', 'the region is unbounded'),
    point('CMA-02', 'the region is unbounded'),
  ];
  t.strictSame(remarksByReason('skip', points, style), [
    'SKIP  2 rows, the target does not offer mmap: MAP-01 (MAP-01/x), MAP-02 (MAP-02/x)',
    'SKIP  FD-02 (FD-02/x): the target does not offer an operation that this case needs (dup2)',
    'SKIP  2 rows, the region is unbounded: CMA-01 (CMA-01/x), CMA-02 (CMA-02/x)',
  ]);
});
