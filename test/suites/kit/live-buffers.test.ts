/** Dma-bufs that are left, from lists as kernels show them. */
import t from 'tap';
import type { CaseContext } from '../../../suites/kit/context.ts';
import { buffersLeft, liveBuffers } from '../../../suites/kit/live-buffers.ts';

/** The list of Linux 6.12 with so many dma-bufs, as a client reads it. */
const listOf = (count: number): string =>
  [
    '',
    'Dma-buf Objects:',
    'size    \tflags   \tmode    \tcount   \texp_name\tino     \tname',
    ...Array.from(
      { length: count },
      (_, index) =>
        `00004096\t00000002\t00080007\t00000001\tsystem\t0000000${index}\t<none>\n` +
        '\tAttached Devices:\nTotal 0 devices attached\n',
    ),
    '',
    `Total ${count} objects, ${count * 4096} bytes`,
    '',
  ].join('\n');

/** A context of which nothing but the list is asked: what it says, reading by reading. */
function listing(counts: readonly number[], details: object = { 'dma-bufs': 'bufinfo' }) {
  let reading = 0;
  let rests = 0;
  const readfile = async () => {
    const out = new TextEncoder().encode(listOf(counts[reading] ?? counts.at(-1) ?? 0));
    reading += 1;
    return { result: { outcome: 'returned', value: BigInt(out.length), out } };
  };
  const runSteps = async () => {
    rests += 1;
    return { threads: [] };
  };
  const context = { facts: { details }, subject: { readfile }, page: 4096n, runSteps };
  return { context: context as unknown as CaseContext, rests: () => rests };
}

t.test('the last line counts them', async (t) => {
  t.equal(await liveBuffers(listing([3]).context), 3n);
  t.equal(await liveBuffers(listing([0]).context), 0n);
  t.equal(await liveBuffers(listing([3], {}).context), undefined, 'a kernel without the list');
});

t.test('one that stays is left, however rarely that happens', async (t) => {
  const { context, rests } = listing([3]);
  t.match(await buffersLeft(context, 2n), /lists 3 dma-bufs, and before there were 2/);
  t.ok(rests() > 0, 'after it had time to go');
});

t.test('one that goes a little later is not', async (t) => {
  t.equal(await buffersLeft(listing([4, 3, 2]).context, 2n), undefined);
  t.equal(await buffersLeft(listing([2]).context, 2n), undefined);
  t.equal(await buffersLeft(listing([1]).context, 2n), undefined, 'others may have gone');
  t.equal(await buffersLeft(listing([9]).context, undefined), undefined, 'nothing to compare with');
});
