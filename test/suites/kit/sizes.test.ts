/** Which sizes the rules look at, in regions of every kind. */
import t from 'tap';
import type { CaseContext } from '../../../suites/kit/context.ts';
import {
  budgetOf,
  cycleSizes,
  fewCycles,
  fewSizes,
  lengthPast4GiB,
  sizeClasses,
} from '../../../suites/kit/sizes.ts';

const PAGE = 4096n;
const MIB = 1n << 20n;

/** As much of a context as sizes depend on. */
const contextOf = (sizeBytes?: bigint, page = PAGE): CaseContext =>
  ({
    page,
    region: { bounded: sizeBytes !== undefined, ...(sizeBytes && { sizeBytes }) },
  }) as unknown as CaseContext;

const inPages = (sizes: readonly bigint[]): number[] => sizes.map((size) => Number(size / PAGE));
const ALL = [1, 2, 3, 4, 15, 16, 17, 255, 256, 257, 1281];

t.test('a region has all sizes of which two fit', async (t) => {
  t.strictSame(inPages(sizeClasses(contextOf(16n * MIB))), ALL);
  t.strictSame(inPages(sizeClasses(contextOf(1n << 33n))), ALL);
  t.strictSame(inPages(sizeClasses(contextOf())), ALL, 'unbounded: within a budget');
  t.strictSame(inPages(sizeClasses(contextOf(MIB))), [1, 2, 3, 4, 15, 16, 17]);
  t.strictSame(inPages(sizeClasses(contextOf(16n * PAGE))), [1, 2, 3, 4]);
  t.strictSame(inPages(sizeClasses(contextOf(PAGE))), [1, 2], 'the least that can be asked for');
  t.strictSame(inPages(sizeClasses(contextOf(16n * MIB), 16n)), [1, 2, 3, 4, 15, 16]);
});

t.test('the budget leaves room in the region', async (t) => {
  t.equal(budgetOf(contextOf(MIB)), (MIB / 4n) * 3n);
  t.equal(budgetOf(contextOf(1n << 40n)), 16n * MIB);
  t.equal(budgetOf(contextOf()), 16n * MIB);
  t.equal(budgetOf(contextOf(PAGE)), 4n * PAGE);
});

t.test('past 4 GiB only where the region is known to hold it', async (t) => {
  t.equal(lengthPast4GiB(contextOf(1n << 33n)), (1n << 32n) + 3n * PAGE);
  t.equal(lengthPast4GiB(contextOf(1n << 32n)), undefined);
  t.equal(lengthPast4GiB(contextOf()), undefined);
});

t.test('few sizes are one of each kind, of which several fit', async (t) => {
  t.strictSame(inPages(fewSizes(contextOf(16n * MIB))), [1, 17, 257]);
  t.strictSame(inPages(fewSizes(contextOf(4n * MIB))), [1, 17]);
  t.strictSame(inPages(fewSizes(contextOf(16n * PAGE))), [1]);
});

t.test('cycles of large buffers are so few that two blocks of leaks fit', async (t) => {
  const context = contextOf(16n * MIB);
  const [small, ...large] = cycleSizes(context);
  t.strictSame(small, { length: 4n * PAGE, cycles: 256n });
  t.strictSame(inPages(large.map(({ length }) => length)), [17, 257]);
  for (const { length, cycles } of large) {
    t.ok(cycles >= 1n && 3n * cycles * length <= 16n * MIB, `${cycles} of ${length}`);
  }
  t.equal(fewCycles(context, 1n << 40n), 1n);
  t.strictSame(inPages(cycleSizes(contextOf()).map(({ length }) => length)), [256], 'by a gauge');
});
