/** What a person sees: the width, colours, one sentence for an output that takes nothing. */
import { spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openTarget } from '../../adapters/open-target.ts';
import { packageRoot } from '../../base/package-root.ts';
import { idsIn } from '../../bin/shared/options.ts';
import { refuseReplay } from '../../bin/shared/refuse-replay.ts';
import { setOutput } from '../../bin/shared/set-output.ts';
import { coloured, columnsOf } from '../../bin/shared/terminal.ts';
import { catalogue } from '../../catalogue/catalogue.ts';
import { sourceLinks } from '../../catalogue/source-link.ts';
import { fold, UNBROKEN, wrap } from '../../reports/formats/layout.ts';
import { explanationParagraphs } from '../../suites/assess/explanation.ts';
import { textTable } from '../../suites/assess/table.ts';
import { CASES } from '../../suites/cases/all.ts';
import { allocert, start } from '../e2e/command.ts';

const PROGRAM = join(packageRoot(), 'dist', 'bin', 'allocert.js');

/** Runs a command in a terminal of so many columns: its lines. */
function inTerminal(columns: number, words: string): string[] {
  const command = `stty cols ${columns}; ${process.execPath} ${PROGRAM} ${words}`;
  const env = { PATH: process.env.PATH ?? '', TERM: 'xterm' };
  const ran = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', env });
  return ran.stdout.replaceAll('\r', '').trimEnd().split('\n');
}

t.test('text is as wide as the terminal', async (t) => {
  if (!existsSync('/usr/bin/script')) {
    t.pass('there is no script(1), which makes a terminal');
    return;
  }
  for (const columns of [40, 120]) {
    const lines = inTerminal(columns, 'explain LIF-11');
    const most = Math.max(...lines.map((line) => line.length));
    t.ok(most <= columns && most > columns - 12, `${most} of ${columns}`);
  }
});

t.test('lines are broken between words, and not at all without a terminal', async (t) => {
  t.strictSame(wrap('WARN  ', 'one two three', 26, 6), ['WARN', '    one two three']);
  t.strictSame(wrap('', 'one two three', 9), ['one two', 'three']);
  t.strictSame(wrap('a  ', 'x '.repeat(400), UNBROKEN).length, 1);
  t.strictSame(wrap('', 'Documentation/driver-api/ioctl.rst', 20), [
    'Documentation/',
    'driver-api/ioctl.rst',
  ]);
  t.strictSame(fold('  1  ', 'open region', 12, 7), ['  1  open', '       regio', '       n']);
  const stream = (given: object) => given as NodeJS.WriteStream;
  t.equal(columnsOf(stream({ isTTY: true, columns: 33 })), 33);
  t.equal(columnsOf(stream({ isTTY: true, columns: 0 })), 80);
  const { COLUMNS } = process.env;
  t.teardown(() => {
    if (COLUMNS !== undefined) process.env.COLUMNS = COLUMNS;
  });
  delete process.env.COLUMNS;
  t.equal(columnsOf(stream({})), UNBROKEN);
  process.env.COLUMNS = '72';
  t.equal(columnsOf(stream({})), 72);
  delete process.env.COLUMNS;
});

t.test('a table that is too wide is a list', async (t) => {
  const rows = [
    ['', 'requirement', '[1]', '[2]'],
    ['*', 'ISO-01', 'pass zero', 'FAIL residue'],
  ];
  t.equal(textTable(rows, 80).length, 2);
  t.strictSame(textTable(rows, 20), ['* ISO-01', '    [1] pass zero', '    [2] FAIL residue']);
});

t.test('FORCE_COLOR goes before NO_COLOR, and both before the terminal', async (t) => {
  const before = { ...process.env };
  t.teardown(() => Object.assign(process.env, before));
  const asked = (isTTY: boolean, env: Readonly<Record<string, string>>): boolean => {
    for (const name of ['FORCE_COLOR', 'NO_COLOR']) delete process.env[name];
    Object.assign(process.env, { TERM: 'xterm', ...env });
    return coloured({ isTTY } as NodeJS.WriteStream);
  };
  t.equal(asked(true, {}), true);
  t.equal(asked(false, {}), false);
  t.equal(asked(true, { NO_COLOR: '1' }), false);
  t.equal(asked(false, { FORCE_COLOR: '1', NO_COLOR: '1' }), true);
  t.equal(asked(true, { FORCE_COLOR: '0' }), false);
  t.equal(asked(true, { TERM: 'dumb' }), false);
  for (const name of ['FORCE_COLOR', 'NO_COLOR']) delete process.env[name];
});

t.test('an output that takes nothing is one sentence and 3', async (t) => {
  const full = openSync('/dev/full', 'w');
  const child = start(['list'], ['ignore', full, 'pipe']);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  t.equal(code, 3);
  t.equal(said, 'allocert: standard output cannot be written: no space is left on its device\n');
});

t.test('a run stops at the first failure that decides, and says how each case ended', async (t) => {
  const out = join(t.testdir({}), 'report');
  const chosen = ['--only', 'LIF-01,IOC-02,ISO-01,LEN-02', '--out', out];
  const words = ['run', 'sim:?behaviour=rfc-v2', ...chosen, '--fail-fast', '--verbose'];
  const ran = await allocert(words);
  t.equal(ran.code, 1);
  t.match(ran.stderr, /^pass {10}LIF-01\/\S+ {2}\d+\.\d s$/m);
  t.match(ran.stderr, /^fail {10}IOC-02/m);
  t.match(ran.stdout, /--fail-fast ends the run there/);
  t.notMatch(ran.stderr, /ISO-01/);
});

t.test('contradictions and empty lists are refused', async (t) => {
  t.throws(() => setOutput({ quiet: true, verbose: true }), /--quiet or --verbose, not both/);
  t.throws(() => idsIn(['']), /--only is empty/);
  t.throws(() => idsIn([' ', ','], 'group'), /--group is empty/);
  t.strictSame(idsIn(undefined), []);
  t.throws(() => refuseReplay('replay:x', 'fuzz'), /^fuzz asks new Programs/);
  refuseReplay('sim:', 'fuzz');
});

t.test('a plain path is told which target it was to be', async (t) => {
  const folder = t.testdir({ report: { 'evidence.ndjson': '' }, bzImage: '' });
  for (const [path, meant] of [
    ['/dev/cma0', 'native:/dev/cma0'],
    ['./libvendor.so', 'native:./libvendor.so'],
    ['libvendor.so.2', 'native:./libvendor.so.2'],
    [join(folder, 'report'), `replay:${join(folder, 'report')}`],
    [join(folder, 'bzImage'), `vm:/dev/cma0?kernel=${join(folder, 'bzImage')}`],
  ] as const) {
    await t.rejects(openTarget(path), {
      message: `"${path}" is not a target: did you mean ${meant}?`,
    });
  }
  await t.rejects(openTarget('sim:?defect=no-zeroin'), /did you mean no-zeroing\?/);
});

t.test('public sources have links, from the data', async (t) => {
  t.strictSame(sourceLinks('Documentation/driver-api/ioctl.rst'), [
    'https://docs.kernel.org/driver-api/ioctl.html',
  ]);
  t.strictSame(sourceLinks('open(2), poll(2)'), [
    'https://man7.org/linux/man-pages/man2/open.2.html',
    'https://man7.org/linux/man-pages/man2/poll.2.html',
  ]);
  t.strictSame(sourceLinks('javascript:alert(1)'), []);
  const silent = catalogue().requirements.filter(({ source }) => !sourceLinks(source.document)[0]);
  t.strictSame(
    [...new Set(silent.map(({ source }) => source.document))],
    ['Linux, dma-buf: heaps, discussion of read-only opens'],
  );
});

t.test('every requirement is explained, with what to do where it can fail', async (t) => {
  for (const { id, reportOnly, unobservable } of catalogue().requirements) {
    const labels = explanationParagraphs([id], CASES).map(({ first }) => first.trim());
    for (const label of ['level', 'source', 'observed']) t.ok(labels.includes(label), id);
    const canFail = unobservable === undefined && reportOnly !== true;
    t.equal(labels.includes('if it fails'), canFail, id);
  }
});
