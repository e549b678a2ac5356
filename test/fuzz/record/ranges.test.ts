/** A set of numbers in ranges is a set, however numbers come. */
import fc from 'fast-check';
import t from 'tap';
import { Batches } from '../../../fuzz/campaign/batches.ts';
import { Ranges } from '../../../fuzz/record/ranges.ts';

t.test('it holds what was added, once', async (t) => {
  const numbers = fc.array(fc.integer({ min: 0, max: 40 }));
  fc.assert(
    fc.property(numbers, (all) => {
      const ranges = new Ranges();
      const set = new Set<number>();
      for (const one of all) {
        t.equal(ranges.add(one), !set.has(one));
        set.add(one);
      }
      t.equal(ranges.size, set.size);
      let missing = 0;
      while (set.has(missing)) missing += 1;
      t.equal(ranges.firstMissing, missing);
      for (let at = 0; at <= 41; at += 1) t.equal(ranges.has(at), set.has(at), `${at} of ${all}`);
    }),
    { seed: 1 },
  );
});

/** All batches, until there are no more. */
function allOf(batches: Batches): number[][] {
  const all: number[][] = [];
  for (let batch = batches.take(); batch.length > 0; batch = batches.take()) all.push([...batch]);
  return all;
}

const upTo = (from: number, end: number): number[] =>
  Array.from({ length: end - from }, (_, at) => from + at);

const doneUpTo = (end: number): Ranges => {
  const done = new Ranges();
  for (const one of upTo(0, end)) done.add(one);
  return done;
};

t.test('batches end with their epoch, and one that was done in part begins anew', async (t) => {
  const options = { epochRounds: 40, most: 90, whole: true };
  t.strictSame(allOf(new Batches({ ...options, done: new Ranges() })), [
    ...[upTo(0, 32), upTo(32, 40), upTo(40, 72), upTo(72, 80), upTo(80, 90)],
  ]);
  const rest = [upTo(40, 72), upTo(72, 80), upTo(80, 90)];
  t.strictSame(allOf(new Batches({ ...options, done: doneUpTo(45) })), rest);
  t.strictSame(allOf(new Batches({ ...options, done: doneUpTo(40) })), rest);
  const few = { ...options, done: doneUpTo(45), whole: false };
  t.strictSame(allOf(new Batches(few))[0], upTo(45, 72), 'where rounds do not depend on it');
  t.strictSame(allOf(new Batches({ ...options, done: doneUpTo(90) })), []);
  const batches = new Batches({ ...options, done: doneUpTo(39) });
  t.equal(batches.epoch, 0);
  t.strictSame(batches.take(), upTo(32, 40));
  t.equal(batches.epoch, 1);
});
