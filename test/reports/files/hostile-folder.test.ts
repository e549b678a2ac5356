/** Goal: nothing that lies in a folder before makes allocert write anywhere else. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { forEachLine } from '../../../base/lines.ts';
import { packageRoot } from '../../../base/package-root.ts';
import { CorpusFolder } from '../../../fuzz/corpus/corpus-folder.ts';
import { CampaignJournal } from '../../../fuzz/record/campaign-journal.ts';
import { SUMMARY_FILE } from '../../../fuzz/record/campaign-summary.ts';
import { prepareDirectory, REPORT_FILES } from '../../../reports/files/directory.ts';
import { MatrixFiles } from '../../../reports/files/matrix-files.ts';
import { isTemporary } from '../../../reports/files/new-file.ts';
import { replaceFile } from '../../../reports/files/replace-file.ts';
import { CAMPAIGN_FILE } from '../../../reports/journal/campaign-lines.ts';
import { JournalWriter } from '../../../reports/journal/journal.ts';
import { prepareMerged } from '../../../reports/merge/write-merged.ts';
import { parseReporters, writeReporters } from '../../../reports/reporters.ts';
import { writeReports } from '../../../reports/write.ts';
import { allocert, asUser } from '../../e2e/command.ts';
import { sampleLines } from '../sample.ts';

const PRECIOUS = 'precious';
const PROGRAM = join(packageRoot(), 'dist', 'bin', 'allocert.js');
const REPORT: ReadonlySet<string> = new Set(Object.values(REPORT_FILES));

/** Names at which files have come to be in a folder, at some time or now. */
const NAMES: readonly string[] = [
  ...Object.values(REPORT_FILES),
  ...[SUMMARY_FILE, 'matrix.json', 'matrix.md', 'x.html', '0123456789abcdef.json'],
].flatMap((name) => [name, `${name}.tmp`]);

/** A folder in which every name is a link to a file beside it. */
function trap(t: Test): { readonly folder: string; readonly intact: () => boolean } {
  const root = t.testdir({ [PRECIOUS]: PRECIOUS, rep: {} });
  const folder = join(root, 'rep');
  for (const name of [...NAMES, '.allocert-probe']) symlinkSync('../precious', join(folder, name));
  const intact = (): boolean =>
    readFileSync(join(root, PRECIOUS), 'utf8') === PRECIOUS && readdirSync(root).length === 2;
  return { folder, intact };
}

t.test('a new run replaces links, and follows none', async (t) => {
  const { folder, intact } = trap(t);
  const writer = new JournalWriter(folder);
  for (const line of sampleLines()) writer.write(line);
  writer.close();
  const record = writeReports(folder);
  const path = join(folder, 'x.html');
  writeReporters(record, [folder], parseReporters([`html=${path}`]));
  t.ok(intact());
  t.ok(lstatSync(path).isFile());
  t.notOk(readdirSync(folder).some(isTemporary), 'no temporary file is left');
});

t.test('files of other kinds', async (t) => {
  const { folder, intact } = trap(t);
  prepareDirectory(folder, REPORT_FILES.record);
  replaceFile(folder, SUMMARY_FILE, 'text');
  new MatrixFiles(folder, 'matrix').write({}, 'text');
  const entry = { mode: 'hammer', signatures: [], operations: 1, text: 'text' };
  new CorpusFolder(join(folder, 'corpus')).write({ ...entry, digest: '0123456789abcdef' });
  t.ok(intact());
});

t.test('a journal that is a link is not gone on with', async (t) => {
  const { folder, intact } = trap(t);
  const message = /taken by a link, and links are not followed/;
  t.throws(() => JournalWriter.resume(folder, 'sim:'), { blame: 'usage', message });
  symlinkSync('../precious', join(folder, CAMPAIGN_FILE));
  t.throws(() => new CampaignJournal(folder, false), { blame: 'usage', message });
  t.throws(() => new CampaignJournal(folder, true), { blame: 'usage', message });
  t.ok(intact());
});

t.test('on the command line', async (t) => {
  const { folder, intact } = trap(t);
  const ran = await allocert(['run', 'sim:', '--only', 'LEN-02', '--out', folder]);
  t.equal(ran.code, 0, ran.stderr);
  const again = await allocert(['report', folder, '--reporter', `html=${join(folder, 'y.html')}`]);
  t.equal(again.code, 0, again.stderr);
  t.ok(intact());
});

t.test('what a kill left of a file does not keep a merge from being repeated', async (t) => {
  const folder = t.testdir({ '.0123456789abcdef.allocert-tmp': 'half' });
  t.doesNotThrow(() => prepareMerged(folder));
  writeFileSync(join(folder, 'letter.txt'), 'mine');
  t.throws(() => prepareMerged(folder), { message: /holds files but no report/ });
});

/** Ends the process without a word where it would give the first whole file of the merge a name. */
const DIES = `data:text/javascript,${encodeURIComponent(`
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const { renameSync } = fs;
  fs.renameSync = (from, to) => {
    if (to.includes('/merged/')) process.kill(process.pid, 'SIGKILL');
    renameSync(from, to);
  };
  syncBuiltinESMExports();
`)}`;

t.test('a merge killed while it has but a temporary file is repeated', async (t) => {
  const root = t.testdir();
  const [first, second, merged] = ['first', 'second', 'merged'].map((name) => join(root, name));
  const shards = [first, second].map((out = '', i) =>
    allocert(['run', 'sim:', '--only', 'LEN-01,LEN-02', '--shard', `${i + 1}/2`, '--out', out]),
  );
  await Promise.all(shards);
  const words = ['report', first, second, '--out', merged].map(String);
  const killed = asUser([process.execPath, '--import', DIES, PROGRAM, ...words], { cwd: root });
  t.equal(killed.signal, 'SIGKILL', killed.stderr);
  t.ok(readdirSync(String(merged)).some(isTemporary), 'it was killed with a temporary file');
  t.notOk(
    readdirSync(String(merged)).some((name) => REPORT.has(name)),
    'and with nothing else',
  );
  const again = await allocert(words);
  t.equal(again.code, 0, again.stderr);
  t.ok(existsSync(join(String(merged), REPORT_FILES.record)));
});

t.test('a pipe in the place of a journal is refused, and not waited for', async (t) => {
  const folder = t.testdir({});
  const file = join(folder, REPORT_FILES.journal);
  execFileSync('mkfifo', [file]);
  t.throws(() => forEachLine(file, () => {}), { message: /is a pipe or a device, not a file/ });
});

t.test('a corpus that is a link is no part of a campaign', async (t) => {
  const folder = t.testdir({ elsewhere: {} });
  const path = join(folder, 'corpus');
  symlinkSync('elsewhere', path);
  t.throws(() => CorpusFolder.inCampaign(path, 'make'), { message: /is a link/ });
  mkdirSync(join(folder, 'other'));
  t.ok(existsSync(CorpusFolder.inCampaign(join(folder, 'other', 'corpus'), 'make').path));
});
