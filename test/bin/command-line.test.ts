/** The command line as a user meets it: exit codes, sentences, files, interruptions. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { nearest } from '../../base/nearest.ts';
import { schemaViolation } from '../../reports/files/schema.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import { type Ran, allocert as run, start } from '../e2e/command.ts';
import { temporaryDirectory } from '../reports/sample.ts';

/** Runs in an empty directory, so that defaults never write into the repository. */
const allocert = (...words: readonly string[]): Promise<Ran> =>
  run(words, { cwd: temporaryDirectory() });

const recordIn = (directory: string): RunRecord =>
  JSON.parse(readFileSync(join(directory, 'record.json'), 'utf8'));

/** Starts a run, waits until its first case is over, and sends a signal: the exit code. */
async function signalled(directory: string, signal: NodeJS.Signals): Promise<number | null> {
  const child = start(['run', 'sim:', '--out', directory]);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const journal = join(directory, 'journal.ndjson');
  while (!existsSync(journal) || !readFileSync(journal, 'utf8').includes('case-end')) {
    await sleep(5);
  }
  child.kill(signal);
  return exited;
}

t.test('what cannot be done is one sentence and an exit code', async (t) => {
  const folder = temporaryDirectory();
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const table: readonly (readonly [words: readonly string[], code: number, sentence: RegExp])[] = [
    [[], 2, /name a command/],
    [['rnu'], 2, /there is no command rnu; did you mean run\?/],
    [['run', '--profil', 'x'], 2, /Unknown argument: profil/],
    [['run', 'sim:', 'sim:'], 2, /Unknown argument/],
    [['run', '--only'], 2, /Not enough arguments/],
    [['run', '--reporter'], 2, /Not enough arguments/],
    [['run', '--reporter', 'xml=a', 'sim:'], 2, /there is no reporter "xml"/],
    [['run', '--out', ''], 2, /--out is empty/],
    [['run', '--out', 'a', '--out', 'b'], 2, /--out only once/],
    [['run', 'smi:'], 2, /"smi:" is not a target: did you mean sim:\?/],
    [['run', 'sim'], 2, /did you mean sim:\?/],
    [['run', 'ftp://x'], 2, /starts with sim:, vm:, replay:/],
    [['run', 'sim:?behaviour=best'], 2, /behaviour/],
    [['run', 'native:/dev/cma0'], 3, /native:\/dev\/cma0 cannot be opened/],
    [['run', 'remote:tls:host:7443'], 2, /needs certificates/],
    [['run', 'remote:unix:/nowhere/socket'], 3, /no agent answers: connect ENOENT/],
    [['run', '--profile', 'nope'], 2, /no profile "nope"; choose one of/],
    [['run', '--profile', 'dma-heap'], 2, /the target speaks simple-allocator/],
    [['run', '--only', 'ABC-99'], 2, /no requirement or case "ABC-99"/],
    [['run', '--only', 'ISO-01', './nowhere.js'], 2, /nowhere\.js/],
    [['run', '--jobs', '0'], 2, /--jobs takes a whole number from 1 to 64, not "0"/m],
    [['run', 'native:/dev/zero', '--jobs', '2'], 2, /native:\/dev\/zero is one target/m],
    [['run', '--shard', '1/100000'], 2, /"1\/100000"; write it as 2\/3 .* at most 9999$/m],
    [['run', '--list', '--only', 'ABC-99'], 2, /no requirement or case "ABC-99"/],
    [['run', '--out', file], 2, /a part of the path is a file/],
    [['run', '--out', join(file, 'below')], 2, /cannot write a report/],
    [['run', '--out', '/dev/null/x'], 2, /cannot write a report/],
    [['run', '--out', folder], 2, /holds files but no report/],
    [['run', 'replay:/nowhere'], 2, /\/nowhere cannot be replayed/],
    [['report', '/nowhere'], 2, /there is no folder \/nowhere/],
    [['vm'], 2, /name what to do/],
    [['agent'], 2, /name what to do/],
    [['agent', 'build'], 2, /required argument: arch/],
    [['agent', 'build', '--arch', 'mips'], 2, /no agents are built for "mips"; use one of x86_64/],
    [['agent', 'build', '--arch', 'i386', '--out', ''], 2, /--out is empty/],
  ];
  const runs = await Promise.all(table.map(([words]) => allocert(...words)));
  for (const [index, [words, code, sentence]] of table.entries()) {
    const ran = runs[index] as Ran;
    t.equal(ran.code, code, words.join(' '));
    t.match(ran.stderr, sentence);
    t.match(ran.stderr, /^allocert: [^\n]+\n$/, 'one line, no stack');
    t.equal(ran.stdout, '');
  }
});

t.test('a run leaves every report, and report rebuilds them', async (t) => {
  const directory = join(temporaryDirectory(), 'deep', 'report');
  const ran = await allocert('run', 'sim:', '--out', directory);
  t.equal(ran.code, 0, ran.stderr);
  t.match(ran.stdout, /hardened +holds; observed/);
  const names = ['record.json', 'evidence.ndjson', 'junit.xml', 'report.tap'];
  const texts = names.map((name) => readFileSync(join(directory, name), 'utf8'));
  t.equal(schemaViolation('record', recordIn(directory)), undefined);
  for (const name of names) writeFileSync(join(directory, name), 'spoilt');
  const again = await allocert('report', directory);
  t.match(again, { code: 0, stdout: ran.stdout });
  t.strictSame(
    names.map((name) => readFileSync(join(directory, name), 'utf8')),
    texts,
  );
});

t.test('a report of several runs is none of theirs', async (t) => {
  const folder = temporaryDirectory();
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  await allocert('run', 'sim:', '--only', 'LEN-02', '--shard', '1/2', '--out', one);
  await allocert('run', 'sim:', '--only', 'LEN-02', '--shard', '2/2', '--out', two);
  const campaign = join(folder, 'campaign');
  mkdirSync(campaign);
  const begun = { type: 'campaign', version: '0.1.0', target: 'sim:', seed: '7', modes: [] };
  writeFileSync(join(campaign, 'fuzz.ndjson'), `${JSON.stringify(begun)}\n`);
  for (const other of [two, campaign]) {
    const ran = await allocert('report', one, other, '--max-skips', '9');
    t.match(ran.stdout, /profile/, ran.stderr);
    t.notMatch(ran.stdout, 'The report is in');
    t.match(recordIn(one), { sources: [], fuzz: [] }, 'the first keeps its own');
    t.notOk('gate' in recordIn(one));
  }
});

t.test('what is refused leaves no folder behind', async (t) => {
  const folder = temporaryDirectory();
  const [run, out] = [join(folder, 'run'), join(folder, 'deep', 'out')];
  await allocert('run', 'sim:', '--only', 'LEN-02', '--out', run);
  const other = ['--profile', 'rfc', '--baseline', run];
  for (const words of [
    ['report', run, '/nowhere', '--out', out],
    ['run', 'sim:', ...other, '--out', out],
    ['run', 'sim:', '--only', 'ABC-99', '--out', out],
  ]) {
    t.equal((await allocert(...words)).code, 2, words.join(' '));
    t.notOk(existsSync(join(folder, 'deep')), words.join(' '));
  }
});

t.test('a target that breaks rules ends 1, and says which under which profile', async (t) => {
  const directory = join(temporaryDirectory(), 'report');
  const ran = await allocert('run', 'sim:?defect=no-zeroing', '--out', directory);
  t.equal(ran.code, 1);
  t.match(ran.stdout, /^FAIL {2}ISO-01/m);
  t.match(ran.stdout, /rfc +does not hold, .*ISO-01.* broken/);
  t.equal((await allocert('report', directory)).code, 1);
});

t.test('a replay gives the same verdicts, and never writes where it reads', async (t) => {
  const folder = temporaryDirectory();
  const [live, replayed] = [join(folder, 'live'), join(folder, 'replayed')];
  const only = ['--only', 'ISO-01,LEN-05', 'ERR-01'];
  t.equal((await allocert('run', 'sim:?defect=no-zeroing', '--out', live, ...only)).code, 1);
  const again = await allocert('run', ...only, `replay:${live}`, '--out', replayed);
  t.equal(again.code, 1, again.stderr);
  const verdictsIn = (directory: string): unknown =>
    recordIn(directory).cases.map(({ id, verdicts }) => ({ id, verdicts }));
  t.strictSame(verdictsIn(replayed), verdictsIn(live));
  t.match(await allocert('run', `replay:${live}`, '--out', live), {
    code: 2,
    stderr: /another directory/,
  });
  const more = await allocert('run', `replay:${live}`, '--out', replayed);
  t.equal(more.code, 1, 'what was not recorded is open, what failed still fails');
  t.match(more.stdout, /INCONCLUSIVE .* was not recorded/);
});

t.test('a run that is interrupted reports what it saw', async (t) => {
  for (const [signal, code] of [['SIGINT', 130] as const, ['SIGTERM', 143] as const]) {
    const directory = join(temporaryDirectory(), 'report');
    t.equal(await signalled(directory, signal), code);
    const record = recordIn(directory);
    t.match(record, { complete: false, incompleteReason: new RegExp(signal), exitCode: 3 });
    t.ok(record.cases.some(({ end }) => end === 'completed'));
  }
});

t.test('a run that is killed loses at most the case that ran', async (t) => {
  const directory = join(temporaryDirectory(), 'report');
  t.equal(await signalled(directory, 'SIGKILL'), null);
  const ran = await allocert('report', directory);
  t.equal(ran.code, 3);
  t.match(ran.stdout, /incomplete: the run was killed/);
  t.match(readFileSync(join(directory, 'report.tap'), 'utf8'), /^Bail out! the run was killed/m);
});

t.test('--list and doctor print and run nothing', async (t) => {
  const all = (await allocert('run', '--list')).stdout.trimEnd().split('\n');
  const some = (await allocert('run', '--list', '--only', 'ISO-01')).stdout.trimEnd().split('\n');
  t.ok(all.length > some.length && some.every((line) => line.includes('ISO-01')));
  const asJson = await allocert('run', '--list', '--only', 'ISO-01', '--json');
  t.equal(asJson.code, 0);
  const cases: readonly { id: string; title: string }[] = JSON.parse(asJson.stdout);
  for (const one of cases) t.strictSame(Object.keys(one), ['id', 'title', 'requirements']);
  t.strictSame(
    cases.map(({ id, title }) => some.some((line) => line.startsWith(id) && line.includes(title))),
    some.map(() => true),
    'the same cases in the same order',
  );
  const doctor = await allocert('doctor');
  t.equal(doctor.code, 0);
  t.match(doctor.stdout, /^sim: +ready$/m);
  t.match(doctor.stdout, /^native: +ready\n +C compiler for the agent/m);
});

t.test('an earlier report is replaced, other files stay', async (t) => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'report'));
  const out = join(directory, 'report');
  await allocert('run', '--only', 'ISO-01', '--out', out);
  writeFileSync(join(out, 'notes.txt'), 'mine');
  await allocert('run', '--only', 'LEN-05', '--out', out);
  t.equal(readFileSync(join(out, 'notes.txt'), 'utf8'), 'mine');
  t.ok(recordIn(out).cases.every(({ id }) => id.startsWith('LEN-05')));
});

t.test('only near words are suggested', async (t) => {
  t.equal(nearest('smi:', ['sim:', 'vm:']), 'sim:');
  t.equal(nearest('cloud:', ['sim:', 'vm:']), undefined);
});

t.test('a format on standard output has it alone, and a later report makes the same', async (t) => {
  const directory = join(temporaryDirectory(), 'out');
  const words = ['--only', 'LIF-01', '--out', directory, '--reporter', 'tap=-'];
  const ran = await allocert('run', 'sim:', ...words);
  t.equal(ran.code, 0, ran.stderr);
  t.equal(ran.stdout, readFileSync(join(directory, 'report.tap'), 'utf8'));
  t.match(ran.stderr, 'The report is in', 'the summary moves to standard error');
  const again = await allocert('report', '--reporter', 'tap=-', directory);
  t.equal(again.code, 0, again.stderr);
  t.equal(again.stdout, ran.stdout);
});
