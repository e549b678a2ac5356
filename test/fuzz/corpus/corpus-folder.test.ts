/** Corpus folders: they last, join by copying, are pruned, and what is foreign stays as it is. */
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CorpusFolder } from '../../../fuzz/corpus/corpus-folder.ts';
import { digestOf } from '../../../fuzz/corpus/entry.ts';
import { allocert, type Ran } from '../../e2e/command.ts';

const folder = t.testdir({ empty: {}, file: 'text' });
const shared = join(folder, 'shared');

const fuzz = (out: string, ...words: string[]): Promise<Ran> =>
  allocert(['fuzz', '--out', join(folder, out), '--workers', '1', ...words]);

const linesOf = (out: string, type: string): string[] =>
  readFileSync(join(folder, out, 'fuzz.ndjson'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`{"type":"${type}"`));

t.test('a campaign fills a folder, and the next one begins with it', async (t) => {
  const words = ['--seed', '1', '--rounds', '40', '--corpus', shared];
  t.equal((await fuzz('first', ...words)).code, 0);
  const names = readdirSync(shared);
  t.ok(names.length > 10);
  t.equal(linesOf('first', 'entry').length, names.length);
  t.notOk(
    linesOf('first', 'round').join().includes('parent'),
    'an epoch knows no entry of its own',
  );
  t.equal((await fuzz('second', ...words)).code, 0);
  t.strictSame(
    JSON.parse(linesOf('second', 'campaign')[0] ?? '{}').entries,
    names.map((name) => name.replace('.json', '')).toSorted(),
  );
  t.ok(linesOf('second', 'round').join().includes('parent'), 'its rounds change entries');
  for (const line of linesOf('second', 'entry')) {
    t.notOk(names.includes(`${JSON.parse(line).digest}.json`), 'only what is new is added');
  }
});

t.test('what is no entry of this target is left alone, and told', async (t) => {
  const mixed = join(folder, 'mixed');
  mkdirSync(mixed);
  for (const name of readdirSync(shared)) copyFileSync(join(shared, name), join(mixed, name));
  const [good] = readdirSync(shared);
  const content = readFileSync(join(shared, good ?? ''), 'utf8');
  const other = content.replaceAll('"region:0"', '"region:9"');
  writeFileSync(join(mixed, `${digestOf(other)}.json`), other);
  const foreign = {
    'README.md': 'mine',
    '0123456789abcdef.json': content,
    [`${digestOf('{}')}.json`]: '{}',
    [`${digestOf('[')}.json`]: '[',
    'half.json.tmp': 'a kill came',
  };
  for (const [name, text] of Object.entries(foreign)) writeFileSync(join(mixed, name), text);
  const ran = await fuzz('third', '--seed', '1', '--rounds', '5', '--corpus', mixed);
  t.equal(ran.code, 0, ran.stderr);
  t.match(ran.stderr, /^allocert: 4 files in .*mixed are left alone, because they are not corpus/m);
  t.match(ran.stderr, /^allocert: 1 entries of .*mixed are left out: this target cannot run them/m);
  t.equal((await allocert(['corpus', 'prune', mixed])).code, 0);
  const left = Object.fromEntries(
    Object.keys(foreign).map((name) => [name, readFileSync(join(mixed, name), 'utf8')]),
  );
  t.strictSame(left, foreign, 'nothing of it is touched');
});

t.test('pruning keeps every coverage signature, recorded or seen again', async (t) => {
  const signaturesIn = (path: string): string[] =>
    [...new Set(new CorpusFolder(path).read().entries.flatMap((one) => one.signatures))].toSorted();
  const before = signaturesIn(shared);
  const many = readdirSync(shared).length;
  const listed = await allocert(['corpus', 'list', shared]);
  t.match(
    listed.stdout,
    new RegExp(`^${many} entries, ${before.length} coverage signatures$`, 'm'),
  );
  const trial = await allocert(['corpus', 'prune', shared, '--dry-run']);
  t.match(trial.stdout, /; [1-9]\d* would be removed$/m);
  t.equal(readdirSync(shared).length, many, 'nothing was removed');
  const own = await allocert(['corpus', 'prune', join(folder, 'first', 'corpus')]);
  t.match(own, { code: 2, stderr: /the campaign in .*first cannot be resumed once .* --yes/ });
  const pruned = await allocert(['corpus', 'prune', shared]);
  const few = readdirSync(shared).length;
  t.ok(few < many, `${few} of ${many}`);
  t.match(pruned.stdout, `${few} of ${many} entries show all ${before.length} coverage signatures`);
  t.strictSame(signaturesIn(shared), before);
  const seen = await allocert(['corpus', 'prune', shared, '--target', 'sim:']);
  t.equal(seen.code, 0, seen.stderr);
  t.match(seen.stdout, /entries show all \d+ coverage signatures/);
  t.ok(readdirSync(shared).length <= few && readdirSync(shared).length > 0);
  const elsewhere = await allocert(['corpus', 'prune', shared, '--target', 'sim:?page=16384']);
  t.match(elsewhere.stderr, /\d+ entries stay as they are: the target cannot run them/);
  t.match(elsewhere.stdout, /0 of 0 entries/);
  const [name] = readdirSync(shared);
  const shown = await allocert(['corpus', 'show', join(shared, name ?? '')]);
  t.match(shown.stdout, /open region:0 O_RDWR/);
});

t.test('what cannot be done is refused in one sentence', async (t) => {
  const file = join(folder, 'file');
  const [name] = readdirSync(shared);
  const lost = join(folder, 'lost.json');
  copyFileSync(join(shared, name ?? ''), lost);
  for (const [words, sentence] of [
    [['corpus', 'lst', shared], /there is no command corpus lst; did you mean list\?/],
    [['corpus'], /name what to do: corpus list, corpus show or corpus prune/],
    [['corpus', 'list', join(folder, 'none')], /there is no corpus folder .*none/],
    [['corpus', 'list', file], /the corpus .*file is a file; name a folder/],
    [['corpus', 'show', lost], /lost\.json is not named as a corpus entry is/],
    [['corpus', 'list', shared, '--target', 'sim:'], /Unknown argument: target/],
    [['fuzz', '--corpus', file, '--out', join(folder, 'o1')], /is a file; name a folder/],
    [['fuzz', '--epoch', '0', '--out', join(folder, 'o2')], /--epoch cannot be "0"/],
    [['fuzz', '--resume', '--epoch', '9', '--out', join(folder, 'first')], /--epoch cannot change/],
  ] as const) {
    const ran = await allocert([...words]);
    t.equal(ran.code, 2, words.join(' '));
    t.match(ran.stderr, sentence);
  }
  renameSync(shared, join(folder, 'moved'));
  const out = join(folder, 'first');
  const moved = ['--corpus', join(folder, 'moved')];
  const back = await allocert(['fuzz', '--resume', '--rounds', '50', '--out', out, ...moved]);
  t.equal(back.code, 0, `what others did to the shared folder does not matter: ${back.stderr}`);
  rmSync(join(out, 'corpus'), { recursive: true });
  const gone = await allocert(['fuzz', '--resume', '--rounds', '60', '--out', out]);
  t.equal(gone.code, 2);
  t.match(gone.stderr, /the corpus of the campaign lacks/);
});
