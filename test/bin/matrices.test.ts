/** list and compare as a user meets them, and what the three matrix commands refuse. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../base/package-root.ts';
import type { Comparison } from '../../suites/assess/compare.ts';
import type { ListedRequirement } from '../../suites/assess/listing.ts';
import type { KnownDefect } from '../../suites/assess/qualify.ts';
import { type Ran, allocert as run } from '../e2e/command.ts';
import { temporaryDirectory } from '../reports/sample.ts';

const program = join(packageRoot(), 'build', 'bin', 'allocert.js');
const allocert = (...words: readonly string[]): Promise<Ran> =>
  run(words, { program, cwd: temporaryDirectory() });

function defectList(defects: readonly (KnownDefect & { readonly oracle?: string })[]): string {
  const file = join(temporaryDirectory(), 'defects.json');
  writeFileSync(file, JSON.stringify(defects));
  return file;
}

t.test('what cannot be done is one sentence and an exit code', async (t) => {
  // A folder for each command, as they run at the same time and a folder has one writer.
  const [forCompare, forQualify] = [temporaryDirectory(), temporaryDirectory()];
  for (const folder of [forCompare, forQualify]) writeFileSync(join(folder, 'file'), '');
  const notJson = join(temporaryDirectory(), 'not.json');
  writeFileSync(notJson, '{');
  const unknown = defectList([{ name: 'no-such-defect', summary: 'x', breaks: ['LEN-01'] }]);
  const nothing = defectList([{ name: 'frozen', summary: 'x', breaks: [] }]);
  const table: readonly (readonly [words: readonly string[], sentence: RegExp])[] = [
    [['list', '--group', 'nope'], /no group "nope"; choose from abi/],
    [['list', '--level', 'MUST', '--level', 'WILL'], /no level "WILL"; choose from MUST/],
    [['list', '--profile', 'nope'], /no profile "nope"; choose one of/],
    [['list', '--group'], /Not enough arguments/],
    [['list', 'sim:'], /no requirement or case "sim:"/],
    [['compare'], /write allocert compare <targets\.\.>/],
    [['compare', ''], /a target is empty/],
    [['compare', 'sim:', 'smi:'], /"smi:" is not a target: did you mean sim:\?/],
    [['compare', 'sim:', 'sim:?defect=nope'], /sim: has no defect "nope"/],
    [['compare', 'sim:', '--out', ''], /--out is empty/],
    [['compare', 'sim:', '--out', forCompare], /holds files but no report/],
    [['qualify', '--clean-runs', '-1'], /--clean-runs/],
    [
      ['qualify', '--clean-runs', 'many'],
      /--clean-runs takes a whole number from 0 to 10000, not "many"/,
    ],
    [['qualify', '--clean-runs', '1', '--clean-runs', '2'], /--clean-runs only once/],
    [['qualify', '--out', forQualify], /holds files but no report/],
    [['qualify', 'sim:', 'sim:'], /Unknown argument/],
    [['qualify', '--jobs', '0'], /--jobs takes a whole number from 1 to 64, not "0"/],
    [['qualify', '--jobs', '65'], /--jobs takes a whole number from 1 to 64, not "65"/],
    [['qualify', 'replay:x'], /nothing lists the defects of replay:x; give --defects FILE/],
    [['qualify', 'sim:', '--defects', 'nowhere'], /nowhere cannot be read \(ENOENT\)/],
    [['qualify', 'sim:', '--defects', notJson], /is not JSON/],
    [['qualify', 'sim:', '--defects', unknown], /sim: has no defect "no-such-defect"/],
    [['qualify', 'sim:', '--defects', nothing, '--only-broken'], /frozen breaks no requirement/],
  ];
  const runs = await Promise.all(table.map(([words]) => allocert(...words)));
  for (const [index, [words, sentence]] of table.entries()) {
    const ran = runs[index] as Ran;
    t.equal(ran.code, 2, words.join(' '));
    t.match(ran.stderr, sentence, words.join(' '));
    t.match(ran.stderr, /^allocert: [^\n]+\n$/, 'one line, no stack');
    t.equal(ran.stdout, '');
  }
});

t.test('qualify judges a list of defects by what each is said to break', async (t) => {
  const list = defectList([
    { name: 'reserved-unchecked', summary: 'right', breaks: ['RES-01'] },
    { name: 'version-unchecked', summary: 'wrong', breaks: ['RES-01'] },
    { name: 'of-sweeps', summary: 'no case meets it', breaks: [], oracle: 'faults' },
  ]);
  const out = join(temporaryDirectory(), 'kills');
  const words = ['--defects', list, '--only-broken', '--clean-runs', '0', '--out', out];
  const ran = await allocert('qualify', 'sim:', ...words);
  t.equal(ran.code, 1, ran.stderr);
  t.match(
    ran.stderr,
    /the defect of-sweeps breaks no requirement and is left out; faults finds it/,
  );
  t.notMatch(ran.stdout, /of-sweeps/);
  t.match(ran.stdout, /^killed +reserved-unchecked +by RES-01$/m);
  t.match(ran.stdout, /^ALIVE +version-unchecked +by none that it names; not seen by RES-01$/m);
  t.match(ran.stdout, /^survived: version-unchecked: no requirement saw it; RES-01 should have$/m);
  t.match(ran.stdout, /^1 of 2 defects killed by a requirement that they name\.$/m);
  t.match(ran.stdout, /^Not qualified: 1 shortcomings\.$/m, 'no MUST is asked to have a defect');
});

t.test('list prints the catalogue for people and for programs', async (t) => {
  const json = await allocert('list', '--json');
  const all = JSON.parse(json.stdout) as ListedRequirement[];
  t.ok(all.length >= 43);
  for (const one of all) {
    t.ok(one.level && one.authority && one.source.document && one.source.place, one.id);
    t.ok(Object.keys(one.expect).length > 0, one.id);
  }
  const some = await allocert('list', '--group', 'abi', 'ioctl', '--level', 'must');
  t.equal(some.code, 0, some.stderr);
  t.match(some.stdout, /^abi\n {2}ABI-01 +MUST \(text\): /);
  t.match(some.stdout, /\nioctl\n/);
  t.notMatch(some.stdout, /ISO-01 /);
});

t.test('compare shows targets side by side and writes its files', async (t) => {
  const out = join(temporaryDirectory(), 'matrix');
  const targets = ['sim:', 'sim:?behaviour=rfc-v2', 'native:/dev/cma0'];
  const ran = await allocert('compare', ...targets, '--html', '--out', out);
  t.equal(ran.code, 3, 'a target that cannot be opened');
  t.match(ran.stdout, /not observed: native:\/dev\/cma0 cannot be opened/);
  t.match(ran.stdout, /^\* {2}IOC-02 +pass ENOTTY +FAIL ENODEV +\?$/m);
  const matrix = JSON.parse(readFileSync(join(out, 'matrix.json'), 'utf8')) as Comparison;
  t.strictSame(
    matrix.columns.map(({ target }) => target),
    targets,
  );
  t.match(readFileSync(join(out, 'matrix.md'), 'utf8'), /\| IOC-02 ≠ \| MUST \|/);
  const page = readFileSync(join(out, 'matrix.html'), 'utf8');
  t.match(page, /<tr class="differs" id="IOC-02">.*?ENOTTY.*?ENODEV.*?<td>\?<\/td>/s);
  t.match(page, /<tr class="" id="VER-01">/);
  const again = await allocert('compare', 'sim:', '--only-differences', '--out', out);
  t.equal(again.code, 0, 'an earlier matrix is replaced');
  t.match(again.stdout, /\d{3} requirements apply; 0 were observed differently/);
  const { rows } = JSON.parse(readFileSync(join(out, 'matrix.json'), 'utf8')) as Comparison;
  t.strictSame(rows, [], 'rows in which all do the same are left out');
});

t.test('QEMU is asked nothing where no kernel is wanted', async (t) => {
  const folder = temporaryDirectory();
  const qemu = join(folder, 'qemu');
  writeFileSync(qemu, `#!/bin/sh\necho asked >> ${join(folder, 'asked')}\n`, { mode: 0o755 });
  const env = { ALLOCERT_QEMU: qemu };
  const listed = await run(['list', '--group', 'abi'], { program, cwd: folder, env });
  t.equal(listed.code, 0, listed.stderr);
  t.notOk(existsSync(join(folder, 'asked')));
  await run(['doctor'], { program, cwd: folder, env });
  t.ok(existsSync(join(folder, 'asked')), 'doctor asks');
});
