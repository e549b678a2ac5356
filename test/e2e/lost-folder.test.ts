/** Goal: what was observed is told and decides, also when the folder it was kept in is deleted. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import { harmIn } from '../hostile/strings.ts';
import { allocert } from './command.ts';

const DELETER = join(packageRoot(), 'test', 'hostile', 'deleter.js');

/** The target that deletes a folder before its Program of that number. */
const deleter = (folder: string, at: number, sim = '', more = ''): string =>
  `${DELETER}?folder=${folder}&at=${at}&sim=${encodeURIComponent(sim)}${more}`;

const DEFECT = 'defect=no-zeroing';
const CAMPAIGN = ['--seed', '5', '--rounds', '12', '--epoch', '4'];

t.test('a campaign whose folder is deleted', async (t) => {
  const folder = join(t.testdir({}), 'out');
  const fuzz = (target: string) => allocert(['fuzz', target, ...CAMPAIGN, '--out', folder]);
  for (const at of [1, 30]) {
    const found = await fuzz(deleter(folder, at, DEFECT));
    t.equal(found.code, 1, found.stderr);
    t.match(found.stdout, /^FOUND ISO-01/m);
    t.match(found.stdout, /[1-9]\d* findings?(?: of at most \d+ causes?)?; there is no report/);
    t.match(found.stderr, /out was deleted while the campaign ran; nothing more of it is kept/);
    t.match(found.stderr, /out was deleted: the campaign in it is lost/);
    t.notMatch(found.stderr, /a bug in allocert|^\s+at /m);
    t.equal(harmIn(found.stderr), '');
    t.notOk(existsSync(folder), 'it is not made again');
  }
  const clean = await fuzz(deleter(folder, 9));
  t.equal(clean.code, 0, clean.stderr);
  t.match(clean.stdout, / 0 findings; there is no report/);
  t.match(clean.stderr, /the campaign in it is lost/);
  t.notOk(existsSync(folder));
});

t.test('a run whose folder is deleted', async (t) => {
  const folder = join(t.testdir({}), 'out');
  const only = ['--only', 'ISO-01,LEN-02', '--out', folder];
  for (const [sim, code, said] of [
    [DEFECT, 1, /FAIL {2}ISO-01/],
    ['', 0, /Nothing is broken in what was chosen/],
  ] as const) {
    const ran = await allocert(['run', deleter(folder, 3, sim), ...only]);
    t.equal(ran.code, code, ran.stderr);
    t.match(ran.stdout, said);
    t.match(
      ran.stderr,
      /the report of this run is lost: .*out was deleted or moved away meanwhile/,
    );
    t.notOk(existsSync(folder), 'it is not made again');
  }
});

t.test('a file in the place of the folder stays', async (t) => {
  const folder = join(t.testdir({}), 'out');
  const words = ['fuzz', deleter(folder, 5, DEFECT, '&full=1'), ...CAMPAIGN, '--out', folder];
  const ran = await allocert(words);
  t.equal(ran.code, 1, ran.stderr);
  t.ok(statSync(folder).isFile());
});

t.test('a matrix is made again', async (t) => {
  const folder = join(t.testdir({}), 'out');
  const target = deleter(folder, 3);
  const ran = await allocert([
    'diff',
    target,
    'sim:',
    '--suite',
    '--only',
    'LEN-02',
    '--out',
    folder,
  ]);
  t.equal(ran.code, 0, ran.stderr);
  t.ok(existsSync(join(folder, 'diff.json')));
});
