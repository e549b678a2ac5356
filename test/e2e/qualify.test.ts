/**
 * The proof of strength as a user gets it: each defect seen, each MUST proven, no clean target
 * accused. With a defect only the cases of what it breaks run: 40 s of one core instead of 20
 * minutes. `allocert qualify` without the option also shows what else each defect sets off.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Qualification } from '../../suites/assess/qualify.ts';
import { allocert } from './command.ts';

t.test('the suites qualify', async (t) => {
  const out = join(t.testdir({}), 'kills');
  const ran = await allocert(['qualify', '--only-broken', '--clean-runs', '8', '--out', out]);
  const matrix: Qualification = JSON.parse(readFileSync(join(out, 'kill-matrix.json'), 'utf8'));
  t.strictSame(matrix.shortcomings, []);
  t.equal(ran.code, 0, ran.stderr);
  t.ok(matrix.defects.length >= 259, `${matrix.defects.length} defects`);
  t.equal(matrix.faithful.length, 9);
  for (const target of matrix.faithful.slice(1)) {
    t.match(target, /seed=0x[0-9a-f]{16}/);
    t.ok(ran.stdout.includes(target), 'the seed is printed');
  }
  t.match(readFileSync(join(out, 'kill-matrix.md'), 'utf8'), /^# Kill matrix\n/);
});
