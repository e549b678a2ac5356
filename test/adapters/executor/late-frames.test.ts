/** Page frames that are looked up for clients: an answer belongs to the question before it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../../base/package-root.ts';

t.test('an answer that comes when another question is asked is ignored', async (t) => {
  const root = t.testdir({});
  const tool = join(root, 'late-frames');
  const source = join(packageRoot(), 'test/adapters/executor/late-frames.c');
  execFileSync('cc', ['-std=gnu11', '-Wall', '-Werror', '-o', tool, source]);
  mkdirSync(join(root, 'proc', '1'), { recursive: true });
  const said = execFileSync(tool, [root], { encoding: 'utf8' }).split('\n');
  t.equal(said[0], 'late: ignored');
  t.equal(said[1], 'right: there, error 0, 1 page, frame 9');
});
