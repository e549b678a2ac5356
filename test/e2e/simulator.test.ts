/** The whole path on the simulator: what a user sees. For its defects see qualify.test.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { openSimulator } from '../../adapters/simulator/adapter.ts';
import { catalogue, requirementOf } from '../../catalogue/catalogue.ts';
import type { RunRecord, Verdict } from '../../reports/record/record.ts';
import { runSuites } from '../../suites/index.ts';
import { allocert } from './command.ts';

const recordIn = (folder: string): RunRecord =>
  JSON.parse(readFileSync(join(folder, 'record.json'), 'utf8'));

const failedIn = (record: RunRecord, profile: string): string[] =>
  record.requirements.filter((one) => one.statuses[profile] === 'fail').map(({ id }) => id);

/** The verdicts of a run in this process, without reports. */
async function verdictsOn(url: string, only: readonly string[] = []): Promise<Verdict[]> {
  const adapter = openSimulator(url);
  const verdicts: Verdict[] = [];
  const ignore = (): void => {};
  await runSuites({
    adapter,
    only,
    onStart: ignore,
    onCaseStart: ignore,
    onNotice: ignore,
    onCaseEnd: (line) => verdicts.push(...line.verdicts),
  });
  await adapter.close();
  return verdicts;
}

t.test('the hardened simulator conforms, with every report', async (t) => {
  const cwd = t.testdir({});
  const run = await allocert(['run'], { cwd });
  t.equal(run.code, 0, run.stderr + run.stdout);
  const folder = join(cwd, 'allocert-report');
  t.strictSame(readdirSync(folder).toSorted(), [
    'evidence.ndjson',
    'journal.ndjson',
    'junit.xml',
    'record.json',
    'report.html',
    'report.tap',
  ]);
  const schema = JSON.parse(readFileSync('reports/schema/record.schema.json', 'utf8'));
  const validate = new Ajv2020({ strict: false }).compile(schema);
  t.ok(validate(recordIn(folder)), JSON.stringify(validate.errors));
  // ABI-02 and IOC-07 want 32-bit programs; LIF-11 nothing can observe.
  t.match(run.stdout, /hardened {2}holds; observed 118 of 121 applicable MUSTs/);
  t.match(run.stdout, /rfc +holds/);
});

t.test('every requirement of the hardened profile is observed and passes', async (t) => {
  const verdicts = await verdictsOn('sim:');
  verdicts.push(...(await verdictsOn('sim:?caller=32')));
  const passed = new Set(verdicts.filter((one) => one.status === 'pass').map((v) => v.requirement));
  const wanted = catalogue().requirements.filter(({ expect }) => expect.hardened !== undefined);
  t.strictSame(
    wanted.map(({ id }) => id).filter((id) => !passed.has(id)),
    // Reported only, or not to be observed at all.
    wanted.filter((one) => one.reportOnly === true || one.unobservable).map(({ id }) => id),
  );
});

t.test('the RFC’s code breaks what guidance asks, and what nothing excuses', async (t) => {
  const folder = join(t.testdir({}), 'report');
  const run = await allocert(['run', 'sim:?behaviour=rfc-v2', '--out', folder]);
  t.equal(run.code, 1, run.stderr);
  const record = recordIn(folder);
  const excusable = [
    'IOC-02',
    'IOC-03',
    'IOC-04',
    'IOC-05',
    'RES-01',
    'RES-02',
    'FLG-04',
    'LEN-06',
    'ERR-07',
    'ERR-08',
    'REG-02',
  ];
  const never = ['LEN-10', 'ERR-04', 'ERR-05', 'ERR-14', 'ISO-01'];
  never.push('FLG-07', 'ISO-02', 'ISO-03', 'ISO-04', 'ISO-05', 'CON-02', 'CON-03');
  never.push('REG-03', 'REG-05', 'REG-06', 'REG-08', 'REG-09');
  t.strictSame(failedIn(record, 'hardened').toSorted(), [...excusable, ...never].toSorted());
  t.strictSame(failedIn(record, 'rfc').toSorted(), never.toSorted());
  for (const id of never) t.not(requirementOf(id).authority, 'guidance', id);
  for (const id of failedIn(record, 'hardened')) t.match(run.stdout, `FAIL  ${id}`);
  t.match(run.stdout, /rule +MUST, guidance: Documentation\/driver-api\/ioctl\.rst/);
  t.match(run.stdout, /rfc +does not hold, CON-02, CON-03, ERR-04, ERR-05, ERR-14, FLG-07/);
});

t.test('a defect reaches the exit code and the report', async (t) => {
  const folder = join(t.testdir({}), 'report');
  const run = await allocert(['run', 'sim:?defect=leak-on-close', '--out', folder]);
  t.equal(run.code, 1);
  t.match(run.stdout, /FAIL {2}LIF-01/);
  const failed = failedIn(recordIn(folder), 'rfc');
  t.ok(failed.includes('LIF-01'), 'nothing excuses a leak');
  t.strictSame(
    failed.filter((id) => !id.startsWith('LIF-')),
    [],
    'nothing else is accused of it',
  );
});

t.test('rules about free memory are observed in a region of one page', async (t) => {
  const verdicts = await verdictsOn('sim:?region=4KiB');
  const cycles = verdicts.filter(({ requirement }) => ['LIF-01', 'LIF-06'].includes(requirement));
  const statuses = (status: string): number =>
    cycles.filter((verdict) => verdict.status === status).length;
  t.equal(cycles.length, 6);
  t.equal(statuses('pass'), 4, 'cycles of a page work');
  for (const { reason, status } of cycles.filter((verdict) => verdict.status !== 'pass')) {
    t.equal(status, 'skip');
    t.match(reason, /^the region has 4096 bytes, and cases are made for 16 pages: blocked: /);
  }
  const leaks = await verdictsOn('sim:?region=4KiB&defect=leak-on-close', ['LIF-01/close']);
  t.ok(leaks.some(({ requirement, status }) => requirement === 'LIF-01' && status === 'fail'));
});

t.test('a region that is large enough may give what others cannot', async (t) => {
  const large = await verdictsOn('sim:?region=8GiB', ['LEN-05']);
  t.ok(large.length >= 2);
  t.ok(large.every(({ status }) => status === 'pass'));
});

t.test('a selection is not a statement on a profile', async (t) => {
  const folder = join(t.testdir({}), 'report');
  const run = await allocert(['run', '--only', 'VER-01', '--out', folder]);
  t.equal(run.code, 0);
  t.equal(recordIn(folder).partial, true);
  t.match(run.stdout, /Nothing is broken in what was chosen; run without --only/);
  t.notMatch(run.stdout, /Conformant/);
});

t.test('runs of the same simulator agree, verdict for verdict', async (t) => {
  const statuses = async (url: string): Promise<string[]> =>
    (await verdictsOn(url)).map((one) => `${one.requirement} ${one.profile} ${one.status}`);
  t.strictSame(await statuses('sim:?seed=1'), await statuses('sim:?seed=2'));
});
