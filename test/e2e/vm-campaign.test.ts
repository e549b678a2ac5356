/**
 * A campaign on a stock kernel whose guest is killed in the middle: it goes on in another one,
 * counts every round once, and accuses nobody. Skipped where no guest can be booted, except in CI.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { allocert, guestsOf } from './command.ts';
import { debianGuest } from './debian-guest.ts';

const options = await debianGuest();
/** Two batches: rounds reach the disk when their batch is over. */
const ROUNDS = 64;
/** Rounds on the disk after which the guest is killed. */
const ENOUGH = 1;

const roundsIn = (journal: string): number[] =>
  !existsSync(journal)
    ? []
    : readFileSync(journal, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('{"type":"round"') && line.endsWith('}'))
        .map((line) => Number(JSON.parse(line).index));

t.test('a campaign survives the forced end of its guest', options, async (t) => {
  const out = join(t.testdir({}), 'campaign');
  const journal = join(out, 'fuzz.ndjson');
  const guests = new Set<number>();
  let killedAt = 0;
  // The second guest may live and end without a line in the journal: look at the clock, not at it.
  let looking: NodeJS.Timeout | undefined;
  const watch = (parent: number): void => {
    looking = setInterval(() => {
      const done = roundsIn(journal).length;
      const running = guestsOf(parent);
      for (const pid of running) guests.add(pid);
      if (done < ENOUGH || killedAt > 0 || running.length === 0) return;
      killedAt = done;
      for (const pid of running) process.kill(pid, 'SIGKILL');
    }, 50);
  };
  const words = ['fuzz', 'vm:debian/dma_heap/system', '--rounds', `${ROUNDS}`, '--seed', '1'];
  const ran = await allocert([...words, '--out', out], {
    onStart: (child) => watch(child.pid ?? 0),
  });
  clearInterval(looking);
  t.equal(ran.code, 0, ran.stdout + ran.stderr);
  t.match(ran.stdout, /^64 rounds, \d+ operations now, 0 findings/m);
  t.ok(killedAt >= ENOUGH && killedAt < ROUNDS, `killed after ${killedAt} rounds`);
  t.equal(guests.size, 2, 'one guest before, and one after');
  const rounds = roundsIn(journal);
  t.strictSame(
    rounds.toSorted((a, b) => a - b),
    Array.from({ length: ROUNDS }, (_, index) => index),
    'every round once',
  );
});
