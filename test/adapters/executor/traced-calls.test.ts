/** Edges of the kernel's code: whose they are, when they are told, and that nothing stays open. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../../base/package-root.ts';

/** What a program of the tests says, line by line. */
function said(folder: string, name: string, ...words: readonly string[]): readonly string[] {
  const tool = join(folder, name);
  const source = join(packageRoot(), `test/adapters/executor/${name}.c`);
  execFileSync('cc', ['-std=gnu11', '-Wall', '-Werror', '-pthread', '-o', tool, source]);
  return execFileSync(tool, words, { encoding: 'utf8' }).split('\n').filter(Boolean);
}

t.test('edges are told once, of threads that began', async (t) => {
  const folder = t.testdir({});
  const trace = join(folder, 'kcov');
  writeFileSync(trace, Buffer.alloc(1 << 16));
  t.strictSame(said(folder, 'traced-calls', trace), [
    'not asked: 0 calls of the kernel',
    'at first: 0',
    'lowest free: 3',
    'there: 3',
    'another: 2',
    'nothing: 0',
    'a child that does not begin: 0',
    'at most: 8191',
    'ended: 0',
  ]);
});

t.test(
  'a damaged kernel is waited for a quarter of the time, and calls begin it anew',
  async (t) => {
    t.strictSame(said(t.testdir({}), 'damaged-kernel'), [
      'right: not after 9999 ms, after 10000 ms',
      'damaged: not after 2499 ms, after 2500 ms',
      'a call that came back at 2000 ms: not after 4499 ms, after 4500 ms',
    ]);
  },
);
