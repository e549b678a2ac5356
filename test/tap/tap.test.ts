/** `allocert/tap` in test files of others, run as they would run them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type FinalResults, Parser, type Result } from 'tap-parser';
import { packageRoot } from '../../base/package-root.ts';

interface Ran {
  readonly status: number | null;
  readonly results: FinalResults;
  /** Checks of the subtests; suites themselves are left out. */
  readonly checks: readonly Result[];
  readonly stderr: string;
}

/** A project in which tap and allocert are installed. */
function projectOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'allocert-tap-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(packageRoot(), 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Runs a test file; `allocert/tap` is found as this package's own, built. */
function ranFile(folder: string, code: string, args: readonly string[] = []): Ran {
  const entry = join(packageRoot(), 'dist', 'tap', 'index.js');
  const file = join(folder, 'allocator.test.mjs');
  writeFileSync(file, code.replace("'allocert/tap'", `'file://${entry}'`));
  const env = { ...process.env, TAP: '1', TAP_CHILD_ID: undefined, NODE_TEST_CONTEXT: undefined };
  const ran = spawnSync(process.execPath, [...args, file], { encoding: 'utf8', cwd: folder, env });
  const checks: Result[] = [];
  const parser = new Parser();
  const listen = (one: Parser): void => {
    one.on('child', (child: Parser) => {
      child.on('child', listen);
      child.on('assert', (result: Result) => checks.push(result));
    });
  };
  listen(parser);
  parser.end(ran.stdout);
  if (parser.results === null) throw new Error(`the parser saw no end: ${ran.stderr}`);
  return { status: ran.status, results: parser.results, checks, stderr: ran.stderr };
}

const FILE = (target: string, options = '{}'): string => `
import t from 'tap';
import { suites } from 'allocert/tap';
await suites(t, '${target}', ${options});
`;

t.test('a target that conforms passes in every subtest', async (t) => {
  const { status, results, checks, stderr } = ranFile(projectOf(t), FILE('sim:'));
  t.equal(status, 0, stderr);
  t.equal(results.ok, true);
  t.ok(results.count > 100, `${results.count} subtests`);
  t.match(checks.at(-1), { ok: true, name: 'every case ran' });
});

t.test('a defect fails the subtest of the case that saw it', async (t) => {
  const only = "{ only: ['ISO-01', 'LEN-02'] }";
  const { status, results, checks } = ranFile(projectOf(t), FILE('sim:?defect=no-zeroing', only));
  t.not(status, 0);
  t.equal(results.ok, false);
  const bad = checks.filter(({ ok }) => !ok);
  t.ok(bad.length > 0);
  t.ok(bad.every(({ name }) => name.startsWith('ISO-01 ')));
  t.match(bad[0]?.diag, {
    status: 'fail',
    level: 'MUST',
    observed: ['residue'],
    rule: /CVE-2015-8950/,
  });
});

t.test('what cannot be run fails the file with a sentence', async (t) => {
  const { status, stderr } = ranFile(projectOf(t), FILE('sim:?defect=nonsense'));
  t.not(status, 0);
  t.match(stderr, /sim: has no defect "nonsense"/);
});

t.test('an adapter that is handed over is checked as one that is loaded', async (t) => {
  const code = `
import t from 'tap';
import { suites } from 'allocert/tap';
const work = async () => {};
const session = { facts: { kind: 'mine' }, begin: work, run: work, close: work };
await suites(t, { url: 'mine:here', open: async () => session, close: work });
`;
  const { status, stderr } = ranFile(projectOf(t), code);
  t.not(status, 0);
  t.match(stderr, /the adapter mine:here does not describe its target: /);
});

t.test('the same in node:test', async (t) => {
  const code = (target: string): string => `
import test from 'node:test';
import { suites } from 'allocert/tap';
test('the allocator', async (t) => {
  await suites(t, '${target}', { only: ['ISO-01', 'LEN-02'] });
});
`;
  const args = ['--test-reporter=tap'];
  const good = ranFile(projectOf(t), code('sim:'), args);
  t.equal(good.status, 0, good.stderr);
  t.equal(good.results.ok, true);
  const bad = ranFile(projectOf(t), code('sim:?defect=no-zeroing'), args);
  t.not(bad.status, 0);
  t.equal(bad.results.ok, false);
});
