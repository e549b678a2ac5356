/** The two sweeps of the exclusion oracle say the same of any lives. */
import t from 'tap';
import { Random } from '../../adapters/interpreter/random.ts';
import { detectOverlap, eventsOf, firstConflict, LIFETIME } from '../../oracles/sweep.ts';

const PAGES = 100;

interface Sample {
  readonly lives: Int32Array;
  readonly changes: Int32Array;
}

/** Lives of some threads whose tickets are all different; some of the lives never end. */
function sampleOf(random: Random, threads: number): { samples: Sample[]; tickets: number } {
  const rows: { lives: number[]; changes: number[] }[] = Array.from({ length: threads }, () => ({
    lives: [],
    changes: [],
  }));
  const open: { thread: number; life: number }[] = [];
  let tickets = 0;
  for (; tickets < 60; tickets += 1) {
    const turn = random.below(3);
    const ending = turn === 0 ? open.splice(random.below(open.length || 1), 1)[0] : undefined;
    if (ending !== undefined) {
      const row = rows[ending.thread];
      if (row !== undefined) row.lives[ending.life * LIFETIME.words + LIFETIME.until] = tickets;
      row?.changes.push(tickets, -(ending.life + 1));
    } else if (turn === 1) {
      const thread = random.below(threads);
      const row = rows[thread];
      const life = (row?.lives.length ?? 0) / LIFETIME.words;
      const count = 1 + random.below(random.below(8) === 0 ? 40 : 3);
      row?.lives.push(random.below(PAGES - count + 1), count, tickets, 1_000_000, 0, 0);
      row?.changes.push(tickets, life + 1);
      open.push({ thread, life });
    }
  }
  const samples = rows.map(({ changes, lives }) => ({
    lives: Int32Array.from(lives),
    changes: Int32Array.from(changes),
  }));
  return { samples, tickets };
}

t.test('a page is crowded where a conflict is found, and only there', async (t) => {
  const random = new Random(3n);
  const seen = { crowded: 0, free: 0 };
  const wrong: number[] = [];
  for (let round = 0; round < 600; round += 1) {
    const { samples, tickets } = sampleOf(random, 1 + (round % 3));
    const lives = Int32Array.from(samples.flatMap((one) => [...one.lives]));
    const { crowded } = detectOverlap(samples, PAGES);
    const conflict = firstConflict(eventsOf(lives, tickets), PAGES);
    if (crowded !== (conflict !== undefined)) wrong.push(round);
    seen[crowded ? 'crowded' : 'free'] += 1;
  }
  t.strictSame(wrong, []);
  t.ok(seen.crowded > 50 && seen.free > 50, `${seen.crowded} crowded, ${seen.free} not`);
});

t.test('the peak is what surely lives at one instant', async (t) => {
  const lives = Int32Array.of(0, 4, 1, 5, 0, 0, 10, 8, 2, 9, 0, 0, 20, 3, 6, 8, 0, 0);
  const changes = Int32Array.of(1, 1, 2, 2, 5, -1, 6, 3, 8, -3, 9, -2);
  t.strictSame(detectOverlap([{ lives, changes }], PAGES), { crowded: false, peak: 12 });
});
