/** The verdicts of `npm run bench:all`: what holds, what is missed, and what was not measured. */
import t from 'tap';
import { figuresIn, isUnmeasured } from '../../bench/all/figures.ts';
import { exponentOf, medianOf } from '../../bench/all/measure.ts';
import { BENCHES, GOALS, type GoalRow } from '../../bench/all/table.ts';
import { judgedRow, rowsAsMarkdown, rowsAsText } from '../../bench/all/verdict.ts';

const least: GoalRow = { what: 'speed', bench: 'growth', figure: 'a', unit: '', least: 0.5 };
const most: GoalRow = { what: 'size', bench: 'growth', figure: 'b', unit: 'MB', most: 300 };

t.test('figures are found among what a bench prints for people', async (t) => {
  const output = 'speed: 3\nfigures: {"a":0.4}\nmore words\nfigures: {"b":300}\n';
  t.strictSame(figuresIn(output), { a: 0.4, b: 300 });
  t.equal(figuresIn('it failed\n'), undefined);
  const none = figuresIn('figures: {"a":1}\nfigures: {"reason":"there is no Go"}\n');
  t.ok(none !== undefined && isUnmeasured(none), 'a part that is missing is no whole');
});

t.test('a row holds up to its goal, and is missed beyond it', async (t) => {
  const verdict = (row: GoalRow, figures: Record<string, number>) =>
    judgedRow(row, { growth: figures }).verdict;
  t.equal(verdict(least, { a: 0.5 }), 'holds');
  t.equal(verdict(least, { a: 0.499 }), 'MISSED');
  t.equal(verdict(most, { b: 300 }), 'holds');
  t.equal(verdict(most, { b: 300.1 }), 'MISSED');
  t.equal(verdict(least, { a: Number.NaN }), 'MISSED', 'what was divided by nothing');
  t.match(verdict(least, {}), /not run: the bench told no such figure/);
  t.match(judgedRow(least, {}).verdict, /not run/);
  const reason = { growth: { reason: 'there is no Go' } };
  t.equal(judgedRow(most, reason).verdict, 'not run: there is no Go');
});

t.test('the table names what is measured, for a terminal and for a page', async (t) => {
  const rows = [least, most].map((row) => judgedRow(row, { growth: { a: 0.4, b: 12 } }));
  t.equal(
    rowsAsText(rows),
    'speed       0.40  ≥ 0.50      MISSED\nsize       12 MB  ≤ 300 MB    holds\n',
  );
  const before = [least, most].map((row) => judgedRow(row, { growth: { a: 0.2 } }));
  t.equal(
    rowsAsMarkdown(rows, before),
    '| what | before | now | goal |  |\n| --- | ---: | ---: | ---: | --- |\n' +
      '| speed | 0.20 | 0.40 | ≥ 0.50 | MISSED |\n| size | – | 12 MB | ≤ 300 MB | holds |\n',
  );
  const names = GOALS.map(({ bench, figure }) => `${bench} ${figure}`);
  t.equal(new Set(names).size, names.length, 'no figure has two rows');
  const measured = new Set(GOALS.map(({ bench }) => bench));
  t.strictSame(new Set(Object.keys(BENCHES)), measured, 'no bench is without a row');
});

t.test('an exponent is told from costs', async (t) => {
  const sizes = [1, 10, 100];
  const of = (cost: (size: number) => number) =>
    exponentOf(sizes.map((size) => ({ size, cost: cost(size) }))).toFixed(2);
  t.equal(
    of((size) => 3 * size),
    '1.00',
  );
  t.equal(
    of((size) => size * size),
    '2.00',
  );
  t.equal(
    of(() => 7),
    '0.00',
  );
  t.equal(medianOf([3, 1, 2]), 2);
});
