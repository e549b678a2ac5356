/** A report is held against its evidence: who edits it is told where, with exit code 3. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { allocert, type Ran } from './command.ts';

const ONLY = 'IOC-02,LIF-01';

/** A folder with the report of a target that fails, made once. */
const HOME = mkdtempSync(join(tmpdir(), 'allocert-edited-'));
t.teardown(() => rmSync(HOME, { recursive: true }));
const FAILS = ['run', 'sim:?behaviour=rfc-v2', '--only', ONLY, '--out', 'report'];

t.before(async () => {
  const { code, stderr } = await allocert(FAILS, { cwd: HOME });
  if (code !== 1) throw new Error(`the run ended with ${code}: ${stderr}`);
});

/** A copy of the report, in which files are edited. */
function edited(t: Test, edits: Readonly<Record<string, (text: string) => string>>): string {
  const cwd = t.testdir({});
  cpSync(join(HOME, 'report'), join(cwd, 'report'), { recursive: true });
  for (const [name, edit] of Object.entries(edits)) {
    const file = join(cwd, 'report', name);
    const before = readFileSync(file, 'utf8');
    const after = edit(before);
    if (after === before) throw new Error(`${name} is as it was`);
    writeFileSync(file, after);
  }
  return cwd;
}

function refused(t: Test, { code, stdout, stderr }: Ran, message: RegExp): void {
  t.equal(code, 3, stdout);
  t.match(stderr, message);
  t.match(stderr, /^allocert: [^\n]*\n$/, 'one sentence');
}

const failBecomesPass = (text: string): string =>
  text.replace(/"status":"fail"/g, '"status":"pass"');

t.test('the exit code of a record', async (t) => {
  const cwd = edited(t, {
    'record.json': (text) => text.replace('"exitCode": 1', '"exitCode": 0'),
  });
  const ran = await allocert(['report', 'report/record.json'], { cwd });
  refused(t, ran, /record\.json is contradicted by its own cases: exitCode says 0, and 1 follows/);
});

t.test('the status of a verdict in the journal', async (t) => {
  const cwd = edited(t, { 'journal.ndjson': failBecomesPass });
  const place = /journal\.ndjson is contradicted by the answers in its own line \d+: /;
  const message = new RegExp(`${place.source}.*status says "pass", and "fail" follows`);
  refused(t, await allocert(['report', 'report'], { cwd }), message);
  refused(t, await allocert(['retry', 'report'], { cwd }), message);
  const run = ['run', 'sim:', '--only', 'LIF-01', '--baseline', 'report', '--out', 'other'];
  refused(t, await allocert(run, { cwd }), message);
});

t.test('an errno in the evidence', async (t) => {
  const cwd = edited(t, { 'evidence.ndjson': (text) => text.replace('"ENODEV"', '"EINVAL"') });
  const message = /evidence\.ndjson is contradicted by the record\.json beside it: .* line \d+, /;
  refused(t, await allocert(['run', 'replay:report', '--out', 'again'], { cwd }), message);
  const compared = await allocert(['compare', 'replay:report', '--out', 'table'], { cwd });
  t.equal(compared.code, 3);
  t.match(compared.stdout, /not observed: .* contradicted by the record\.json beside it/);
  const reports = /report\/journal\.ndjson is contradicted by .*evidence\.ndjson.* line \d+/;
  refused(t, await allocert(['report', 'report'], { cwd }), reports);
  const record = /record\.json is contradicted by .*evidence\.ndjson/;
  refused(t, await allocert(['report', 'report/record.json'], { cwd }), record);
  refused(
    t,
    await allocert(['report', 'report/record.json', 'report/record.json'], { cwd }),
    record,
  );
});
