/** Dma-bufs that are left, from lists as kernels show them. */
import t from 'tap';
import type { CaseContext } from '../../../suites/kit/context.ts';
import { buffersSince, liveBuffers } from '../../../suites/kit/live-buffers.ts';

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

type Events = readonly [made: number, fd: number, get: number, put: number];

/** Counts of events as the agent writes them. */
const countsOf = ([made, fd, get, put]: Events, lost = 0): string =>
  `export ${made}\nfd ${fd}\nget ${get}\nput ${put}\nlost ${lost}\n`;

/** What a kernel says, source by source and reading by reading; the last reading stays. */
interface Kernel {
  readonly listed?: readonly number[];
  readonly events?: readonly (Events | string)[];
}

/** A context of which nothing but these counts is asked. */
function counting({ listed, events }: Kernel, sources?: string) {
  const readings = new Map<string, number>();
  let rests = 0;
  const readfile = async ({ document }: { readonly document: string }) => {
    const reading = readings.get(document) ?? 0;
    readings.set(document, reading + 1);
    const all = document.endsWith('bufinfo')
      ? listed?.map(listOf)
      : events?.map((one) => (typeof one === 'string' ? one : countsOf(one)));
    const text = all?.[reading] ?? all?.at(-1);
    if (text === undefined) return { result: { outcome: 'failed', errno: 'ENOENT', value: -1n } };
    const out = new TextEncoder().encode(text);
    return { result: { outcome: 'returned', value: BigInt(out.length), out } };
  };
  const runSteps = async () => {
    rests += 1;
    return { threads: [] };
  };
  const told = [...(listed ? ['bufinfo'] : []), ...(events ? ['tracepoints'] : [])].join(',');
  const details = { 'dma-bufs': sources ?? told };
  const context = { facts: { details }, subject: { readfile }, page: 4096n, runSteps };
  return { context: context as unknown as CaseContext, rests: () => rests };
}

/** What is off after work before which the first reading was made. */
async function offAfter(kernel: Kernel): Promise<string | undefined> {
  const { context } = counting(kernel);
  return (await buffersSince(context, await liveBuffers(context)))?.word;
}

t.test('the last line of the list counts them', async (t) => {
  t.strictSame(await liveBuffers(counting({ listed: [3] }).context), { listed: 3n });
  t.strictSame(await liveBuffers(counting({ listed: [0] }).context), { listed: 0n });
  t.strictSame(await liveBuffers(counting({ listed: [3] }, '').context), {}, 'it is not offered');
  const { context } = counting({}, 'bufinfo,tracepoints');
  t.strictSame(await liveBuffers(context), {}, 'it is gone');
});

t.test('events are counted, where all of them were', async (t) => {
  const counted = { events: { export: 7n, fd: 5n, get: 2n, put: 4n } };
  t.strictSame(await liveBuffers(counting({ events: [[7, 5, 2, 4]] }).context), counted);
  for (const torn of [countsOf([7, 5, 2, 4], 1), 'export 7\nfd 5\nlost 0\n', '']) {
    t.strictSame(await liveBuffers(counting({ events: [torn] }).context), {}, torn);
  }
});

t.test('one that stays in the list is left, however rarely that happens', async (t) => {
  const { context, rests } = counting({ listed: [2, 3] });
  const off = await buffersSince(context, await liveBuffers(context));
  t.match(off, { word: 'leaked', detail: /lists 3 dma-bufs, and before there were 2/ });
  t.ok(rests() > 0, 'after it had time to go');
});

t.test('one that goes a little later is not', async (t) => {
  t.equal(await offAfter({ listed: [2, 4, 3, 2] }), undefined);
  t.equal(await offAfter({ listed: [2, 2] }), undefined);
  t.equal(await offAfter({ listed: [2, 1] }), undefined, 'others may have gone');
  t.equal(await offAfter({}), undefined, 'nothing to compare with');
});

t.test('what was counted is told where nothing is wrong, too', async (t) => {
  const events: readonly Events[] = [
    [9, 9, 0, 0],
    [19, 19, 0, 0],
  ];
  const told = async (kernel: Kernel) => {
    const { context } = counting(kernel);
    return buffersSince(context, await liveBuffers(context));
  };
  const list = 'the kernel lists 2 dma-bufs, and before there were 2';
  const sums = 'dma-bufs made: 10, references given to descriptors: 10, references put: 0';
  t.strictSame(await told({ listed: [2, 2] }), { detail: list });
  t.strictSame(await told({ events }), { detail: sums });
  t.strictSame(await told({ events, listed: [2, 2] }), { detail: `${list}; ${sums}` });
  t.equal(await told({}), undefined);
});

t.test('a reference that is put once too often is named, whatever the list says', async (t) => {
  const events: readonly Events[] = [
    [9, 9, 0, 0],
    [19, 19, 0, 1],
  ];
  t.equal(await offAfter({ events }), 'over-released');
  t.equal(await offAfter({ events, listed: [0, 0] }), 'over-released');
  const { context } = counting({ events });
  t.match(await buffersSince(context, await liveBuffers(context)), {
    detail: 'dma-bufs made: 10, references given to descriptors: 10, references put: 1',
  });
});

t.test('references that are left are a leak, where nothing knows better', async (t) => {
  const first: Events = [9, 9, 0, 0];
  const events: readonly Events[] = [first, [19, 18, 0, 0]];
  t.equal(await offAfter({ events }), 'leaked');
  t.equal(await offAfter({ events, listed: [0, 0] }), undefined, 'the list knows better');
  t.equal(await offAfter({ events, listed: [0, 1] }), 'leaked');
  t.equal(await offAfter({ events: [first, [19, 12, 0, 7]] }), undefined, 'all found their way');
  const itself: Events = [19, 9, 0, 0];
  t.equal(await offAfter({ events: [first, itself] }), undefined, 'it installs descriptors itself');
});

t.test('where somebody imported, references that nothing counts were taken, too', async (t) => {
  const events: readonly Events[] = [
    [9, 9, 0, 0],
    [10, 10, 1, 2],
  ];
  t.equal(await offAfter({ events }), undefined);
});
