/** Confidence intervals, against values of the literature. */
import t from 'tap';
import { shareText, wilsonInterval } from '../../../fuzz/index.ts';

t.test('Wilson’s interval', async (t) => {
  // Newcombe (1998), Table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
  for (const [times, of, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    const interval = wilsonInterval(times, of);
    t.equal(interval.low.toFixed(4), low.toFixed(4));
    t.equal(interval.high.toFixed(4), high.toFixed(4));
  }
  t.ok(wilsonInterval(10, 10).high > 1 - 1e-9, 'nothing above it is left');
});

t.test('chance is told where there is some', async (t) => {
  t.equal(shareText({ times: 3, of: 10, certain: true }), '3 of 10 runs');
  const chance = shareText({ times: 3, of: 10, certain: false });
  t.equal(chance, '3 of 10 runs (95 % confidence: 11 to 60 %)');
});
