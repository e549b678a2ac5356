/** A region is said to have had room only where no layout of its buffers leaves too little. */
import t from 'tap';
import { certainFreeRun } from '../../oracles/free-run.ts';

/** Whether a run of pages fits in what is free, aligned to the power of two that holds it. */
function fits(taken: readonly boolean[], wanted: number, orderMax: number): boolean {
  const alignment = 2 ** Math.min(Math.ceil(Math.log2(wanted)), orderMax);
  for (let at = 0; at + wanted <= taken.length; at += alignment) {
    if (taken.slice(at, at + wanted).every((one) => !one)) return true;
  }
  return false;
}

t.test('every layout of a small region has the room that is claimed', async (t) => {
  const pages = 10;
  for (let layout = 0; layout < 2 ** pages; layout += 1) {
    const taken = Array.from({ length: pages }, (_, page) => ((layout >> page) & 1) === 1);
    // As many buffers as there are runs: more of them would claim less.
    const buffers = taken.filter((one, page) => one && taken[page - 1] !== true).length;
    const there = { buffers, pages: taken.filter((one) => one).length };
    const wrong: string[] = [];
    for (const orderMax of [0, 1, 2, 10]) {
      for (let wanted = 1; wanted <= pages; wanted += 1) {
        if (certainFreeRun(wanted, there, { pages, orderMax }) === undefined) continue;
        if (!fits(taken, wanted, orderMax)) wrong.push(`${wanted} of order ${orderMax}`);
      }
    }
    if (wrong.length > 0) t.strictSame(wrong, [], layout.toString(2));
  }
  t.equal(certainFreeRun(pages, { buffers: 0, pages: 0 }, { pages, orderMax: 10 }), pages);
  t.equal(certainFreeRun(2, { buffers: 1, pages: 6 }, { pages, orderMax: 10 }), undefined);
  t.equal(certainFreeRun(2, { buffers: 1, pages: 4 }, { pages, orderMax: 10 }), 3);
  t.equal(certainFreeRun(1, { buffers: 3, pages: 11 }, { pages, orderMax: 0 }), undefined);
});
