/** The proof of strength as a user gets it: each defect seen, each MUST proven, nobody accused. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Qualification } from '../../suites/assess/qualify.ts';
import { allocert } from './command.ts';

t.test('the suites qualify', async (t) => {
  const out = join(t.testdir({}), 'kills');
  const ran = await allocert(['qualify', '--clean-runs', '5', '--out', out]);
  const matrix: Qualification = JSON.parse(readFileSync(join(out, 'kill-matrix.json'), 'utf8'));
  t.strictSame(matrix.shortcomings, []);
  t.equal(ran.code, 0, ran.stderr);
  t.ok(matrix.defects.length >= 60, `${matrix.defects.length} defects`);
  t.equal(matrix.faithful.length, 6);
  for (const target of matrix.faithful.slice(1)) {
    t.match(target, /seed=0x[0-9a-f]{16}/);
    t.ok(ran.stdout.includes(target), 'the seed is printed');
  }
  t.match(readFileSync(join(out, 'kill-matrix.md'), 'utf8'), /^# Kill matrix\n/);
});
