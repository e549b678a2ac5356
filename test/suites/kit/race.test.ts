/** Rounds of a race count when calls overlapped in them, and too few of those are no pass. */
import t from 'tap';
import type { History, Result } from '../../../adapters/contract/index.ts';
import { Inconclusive } from '../../../suites/kit/observation.ts';
import { OverlapCount, powerOf, roundsFor } from '../../../suites/kit/race.ts';

const ODDS = 8;

/** A round of two threads that took so many nanoseconds. */
function round(
  overlapping: boolean,
  nanoseconds = 1000n,
): { overlapping: boolean; history: History } {
  const out = new Uint8Array(0);
  const result: Result = {
    outcome: 'returned',
    value: 0n,
    out,
    call: 5n,
    return: 5n + nanoseconds,
  };
  const history = { threads: [[result]], deaths: [], log: [], taint: 0n, deadlineHit: false };
  return { overlapping, history };
}

t.test('enough rounds are those after which a race has shown with 99 in 100', async (t) => {
  for (const odds of [2, 6, 8, 16, 32]) {
    t.ok(powerOf(roundsFor(odds), odds) >= 0.99, `${odds}`);
    t.ok(powerOf(roundsFor(odds) - 1, odds) < 0.99, `no more than needed for ${odds}`);
  }
});

t.test('rounds in which nothing overlapped do not count, and more are made', async (t) => {
  const rounds = new OverlapCount(ODDS);
  // The machine of a busy afternoon: calls overlap in every seventh round.
  while (rounds.goesOn) rounds.count(round(rounds.rounds % 7 === 0));
  t.match(rounds.note, /^calls overlapped in 35 of 239 rounds; a race that shows in 1 of 8 over/);
  t.match(rounds.note, /would be caught with 99 % probability \(1 - \(1 - 1\/8\)\^35\)$/);
  rounds.demandPower();
});

t.test('five overlapping rounds are no proof, and patience has an end', async (t) => {
  const rounds = new OverlapCount(ODDS);
  while (rounds.goesOn) rounds.count(round(rounds.rounds < 5));
  t.equal(rounds.rounds, 16 * roundsFor(ODDS));
  t.match(rounds.note, /overlapped in 5 of 560 rounds; .* with 48 % probability/);
  t.throws(() => rounds.demandPower(), new Inconclusive());
  t.throws(() => rounds.demandPower(), /48 % .* a pass needs 90 %/);
});

t.test('on a slow target patience ends by its own clock, after enough rounds', async (t) => {
  const rounds = new OverlapCount(ODDS);
  while (rounds.goesOn) rounds.count(round(false, 1_000_000_000n));
  t.equal(rounds.rounds, roundsFor(ODDS));
  const faster = new OverlapCount(ODDS);
  while (faster.goesOn) faster.count(round(false, 200_000_000n));
  t.equal(faster.rounds, 100, '20 seconds');
});

t.test('a round that must meet is repeated until it does', async (t) => {
  const rounds = new OverlapCount(ODDS);
  const asked: number[] = [];
  const attempt = async (index: number): Promise<ReturnType<typeof round>> => {
    asked.push(index);
    return round(index === 3);
  };
  await rounds.meet(attempt);
  t.strictSame(asked, [0, 1, 2, 3]);
  t.equal(rounds.lengthening, 1n);
});
