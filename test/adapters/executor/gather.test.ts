/** Where a guest's clients share a processor, a Program in which something can race has them all. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../../base/package-root.ts';

t.test('only what races gets every processor', async (t) => {
  const tool = join(t.testdir({}), 'gather');
  const source = join(packageRoot(), 'test/adapters/executor/gather.c');
  execFileSync('cc', ['-std=gnu11', '-Wall', '-Werror', '-o', tool, source]);
  t.strictSame(execFileSync(tool, { encoding: 'utf8' }).trim().split('\n'), [
    'elsewhere: as it was',
    'one thread: one',
    'two threads: all',
    'lists: one',
    'an argument that changes: all',
  ]);
});
