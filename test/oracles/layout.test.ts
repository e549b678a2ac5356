/** The oracle of where buffers lie: in one piece, and in the region of their device. */
import t from 'tap';
import { linux } from '../../adapters/contract/index.ts';
import { requestBytes } from '../../catalogue/abi-request.ts';
import { layout } from '../../oracles/index.ts';
import { abi, opened, PAGE, request, type Step, sample, step } from './sample.ts';

const length = 2n * PAGE;
const out = requestBytes(abi, { length, descriptor: 4n });
const address = 0x1000n;
const ranges = new Map([
  [
    'region:0',
    [
      { first: 100n, last: 109n },
      { first: 200n, last: 203n },
    ],
  ],
]);

const mapped = (flags: bigint): Step =>
  step({ op: 'mmap', slot: 'm', length, protection: 3n, flags, fd: 4n }, [7, 8], {
    value: address,
  });

const judged = (
  frames: readonly bigint[],
  between: readonly Step[] = [],
  maps: Step = mapped(linux.MAP_SHARED),
): string[] => {
  const looks = step({ op: 'frames', address, length }, [20, 21], {
    value: 2n,
    out: new Uint8Array(BigUint64Array.from(frames).buffer),
  });
  const steps = [opened, request({ length }, [5, 6], { out }), maps, ...between, looks];
  const { timeline, buffers } = sample(steps);
  return layout(timeline, buffers, ranges).map(({ requirement }) => requirement);
};

t.test('the frames of a buffer follow each other, in its region', async (t) => {
  t.strictSame(judged([100n, 101n]), []);
  t.strictSame(judged([108n, 109n]), []);
  t.strictSame(judged([200n, 201n]), [], 'a region may have several ranges');
  t.strictSame(judged([203n, 204n]), ['CMA-02']);
  t.strictSame(judged([101n, 100n]), ['CMA-01']);
  t.strictSame(judged([100n, 102n]), ['CMA-01']);
  t.strictSame(judged([109n, 110n]), ['CMA-02']);
  t.strictSame(judged([50n, 51n]), ['CMA-02']);
});

t.test('the frames of a private mapping are its own copies', async (t) => {
  t.strictSame(judged([50n, 51n], [], mapped(linux.MAP_SHARED)), ['CMA-02']);
  t.strictSame(judged([50n, 51n], [], mapped(linux.MAP_PRIVATE)), []);
  t.strictSame(judged([50n, 51n], [], mapped(linux.MAP_PRIVATE | linux.MAP_POPULATE)), []);
});

t.test('what hides its frames, or is not surely the buffer, is not judged', async (t) => {
  t.strictSame(judged([0n, 0n]), []);
  const unmap = step({ op: 'munmap', address, length: PAGE }, [9, 10]);
  t.strictSame(judged([50n, 70n], [unmap]), [], 'something else may be mapped there');
});
