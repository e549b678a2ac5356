/** Goal: `fuzz --resume` changes nothing before it goes on, and opens nothing that only a file names. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { allocert } from '../../e2e/command.ts';

const JOURNAL = 'fuzz.ndjson';

const root = t.testdir({ shared: {} });
const SHARED = join(root, 'shared');
const ORIGINAL = join(root, 'original');

/**
 * Everything in a folder: names, contents, and when they were changed. The folder itself has had a
 * lock in it meanwhile.
 */
function stateOf(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  return names.map((name) => {
    const path = join(folder, name);
    const { mtimeMs } = statSync(path);
    return `${name} ${mtimeMs} ${statSync(path).isFile() ? readFileSync(path, 'base64') : ''}`;
  });
}

const resume = (folder: string, words: readonly string[], rounds = '13') =>
  allocert(['fuzz', ...words, '--resume', '--rounds', rounds, '--workers', '1', '--out', folder]);

/** A copy of the campaign, which something happens to. */
function copied(name: string): string {
  const folder = join(root, name);
  cpSync(ORIGINAL, folder, { recursive: true, preserveTimestamps: true });
  return folder;
}

const rewrite = (folder: string, from: string | RegExp, to: string): void => {
  const file = join(folder, JOURNAL);
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
};

t.before(async () => {
  const words = ['--seed', '1', '--epoch', '8', '--rounds', '12', '--workers', '1'];
  await allocert(['fuzz', ...words, '--corpus', SHARED, '--out', ORIGINAL]);
});

const REFUSED: Readonly<
  Record<string, readonly [change: (folder: string) => void, words: string[], said: RegExp]>
> = {
  'an entry that is missing': [
    (folder) => {
      const corpus = join(folder, 'corpus');
      rmSync(join(corpus, readdirSync(corpus)[0] ?? ''));
    },
    [],
    /the corpus of the campaign lacks/,
  ],
  'another target': [() => {}, ['sim:?behaviour=rfc-v2'], /the campaign is on sim:/],
  'a target that nobody typed': [
    (folder) => rewrite(folder, '"target":"sim:"', '"target":"./evil.js"'),
    [],
    /campaign is of \.\/evil\.js, and what only a file names is never opened.*type it before/,
  ],
  'a target that cannot be reached': [
    (folder) => rewrite(folder, '"target":"sim:"', '"target":"./gone.js"'),
    ['./gone.js'],
    /there is no file \.\/gone\.js/,
  ],
  'another version': [
    (folder) => rewrite(folder, /"version":"[^"]*"/, '"version":"0.0.0"'),
    [],
    /is one of allocert 0\.0\.0/,
  ],
  'a corpus that is a link': [
    (folder) => {
      renameSync(join(folder, 'corpus'), join(folder, 'real'));
      symlinkSync('real', join(folder, 'corpus'));
    },
    [],
    /corpus is a link, and links are not followed/,
  ],
};

for (const [index, [name, [change, words, said]]] of Object.entries(REFUSED).entries()) {
  t.test(`${name}: nothing is changed`, async (t) => {
    const folder = copied(`copy-${index}`);
    change(folder);
    appendFileSync(join(folder, JOURNAL), '{"type":"rou');
    const before = stateOf(folder);
    const ran = await resume(folder, words);
    t.equal(ran.code, 2, ran.stderr);
    t.match(ran.stderr, said);
    t.strictSame(stateOf(folder), before);
  });
}

t.test('a corpus that only the campaign names gets nothing', async (t) => {
  const folder = copied('without');
  const before = stateOf(SHARED);
  const ran = await resume(folder, [], '60');
  t.equal(ran.code, 0, ran.stderr);
  t.match(ran.stderr, /began with --corpus .*shared, and what only a file names is never opened/);
  t.strictSame(stateOf(SHARED), before);
});

t.test('one that was typed gets what is new', async (t) => {
  const folder = copied('with');
  const before = readdirSync(SHARED).length;
  const ran = await resume(folder, ['--corpus', SHARED], '60');
  t.equal(ran.stderr, '');
  t.equal(ran.code, 0);
  t.ok(readdirSync(SHARED).length >= before);
});

t.test('what a kill left of files goes, but not from a corpus that others write to', async (t) => {
  const folder = copied('left');
  const left = '.0123456789abcdef.allocert-tmp';
  for (const one of [folder, join(folder, 'corpus'), SHARED]) writeFileSync(join(one, left), '{');
  const ran = await resume(folder, ['--corpus', SHARED]);
  t.equal(ran.code, 0, ran.stderr);
  t.notOk(existsSync(join(folder, left)));
  t.notOk(existsSync(join(folder, 'corpus', left)));
  t.ok(existsSync(join(SHARED, left)));
});
