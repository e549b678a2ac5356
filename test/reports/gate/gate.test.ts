/** The gate: exit codes by level, baseline, flakiness and skips, and which outranks which. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { schemaViolation } from '../../../reports/files/schema.ts';
import { gate } from '../../../reports/gate/gate.ts';
import { readBaseline } from '../../../reports/gate/read-baseline.ts';
import { deriveRecord } from '../../../reports/journal/derive-record.ts';
import { mergeRecords } from '../../../reports/merge/merge.ts';
import type { Status } from '../../../reports/record/status.ts';
import { journalOf, type SampleStatuses, sampleLines, temporaryDirectory } from '../sample.ts';
import { baselineOf, recordWith, settings, WAIVER } from './sample.ts';

t.test('a gate that asks for nothing decides as the record does', async (t) => {
  const some: readonly Status[] = ['pass', 'skip', 'warn', 'inconclusive', 'fail', 'crash'];
  let compared = 0;
  for (const text of some) {
    for (const guidance of some) {
      for (const second of some) {
        const record = recordWith({ text, guidance, second });
        const { exitCode } = gate(record, settings());
        if (exitCode !== record.exitCode) t.equal(exitCode, record.exitCode, `${text} ${guidance}`);
        compared += 1;
      }
    }
  }
  t.equal(compared, 216);
  for (const lines of [sampleLines().slice(0, 5), sampleLines({ text: 'fail' }).slice(0, 5)]) {
    const record = deriveRecord(journalOf(lines));
    t.equal(gate(record, settings()).exitCode, record.exitCode, 'a killed run too');
  }
});

t.test('--fail-on should lets a SHOULD fail, and wants it decided', async (t) => {
  const table: readonly (readonly [SampleStatuses, number, number])[] = [
    [{ should: 'warn' }, 0, 1],
    [{ should: 'inconclusive' }, 0, 3],
    [{ text: 'warn' }, 0, 0],
    [{ should: 'pass' }, 0, 0],
  ];
  for (const [statuses, must, should] of table) {
    const record = recordWith(statuses);
    t.equal(gate(record, settings({ failOn: 'must' })).exitCode, must, JSON.stringify(statuses));
    t.equal(gate(record, settings({ failOn: 'should' })).exitCode, should);
  }
});

t.test('only failures that the baseline does not have gate', async (t) => {
  const baseline = baselineOf(recordWith({ text: 'fail', second: 'fail' }));
  const same = gate(recordWith({ text: 'fail' }), settings({ baseline }));
  t.equal(same.exitCode, 0);
  t.match(same.gate?.known, [{ case: 'LIF-01/close', requirement: 'LIF-01' }]);
  t.match(same.gate?.fixed, [{ case: 'ERR-01/kernel', requirement: 'ERR-01' }], 'by case');
  const other = gate(recordWith({ text: 'fail', guidance: 'fail' }), settings({ baseline }));
  t.equal(other.exitCode, 1);
  t.match(other.gate?.failures, [{ case: 'ERR-01/null', requirement: 'ERR-01' }]);
  t.match(other.gate?.reasons, [
    /^1 failing row that the baseline does not have: ERR-01 in ERR-01\/n/,
  ]);
  const worse = gate(recordWith({ text: 'crash' }), settings({ baseline }));
  t.equal(worse.exitCode, 1, 'a death is not known from a failure');
  const hidden = gate(recordWith({ text: 'skip' }), settings({ baseline }));
  t.match(hidden.gate, { unobserved: [{ case: 'LIF-01/close' }], warnings: [/not observed this/] });
  t.equal(schemaViolation('record', JSON.parse(JSON.stringify(stripped(hidden)))), undefined);
});

/** Without the bigint of the facts, which JSON text has in another form. */
const stripped = (record: object): object => ({
  ...record,
  facts: { ...recordWith().facts, regions: [] },
});

t.test('what the baseline could not decide is no news, what it decided is', async (t) => {
  const open = recordWith({ guidance: 'inconclusive' });
  t.equal(gate(open, settings({ baseline: baselineOf(open) })).exitCode, 0);
  t.equal(gate(open, settings({ baseline: baselineOf(recordWith()) })).exitCode, 3);
});

t.test('a waiver that ended is not excused by a baseline that has the failure', async (t) => {
  const record = recordWith({ text: 'fail' });
  const waived = gate(record, settings({ waivers: [WAIVER] }));
  const baseline = baselineOf(waived);
  t.equal(baseline.failing[0]?.status, 'fail', 'a baseline holds what waivers hide');
  t.equal(gate(record, settings({ baseline })).exitCode, 0);
  const late = settings({ baseline, waivers: [WAIVER], today: '2026-03-01' });
  t.equal(gate(record, late).exitCode, 1);
});

t.test('a baseline is of the same ABI and profile, or refused', async (t) => {
  const record = recordWith();
  const baseline = baselineOf(record);
  t.throws(() => gate(record, settings({ baseline: { ...baseline, profile: 'rfc' } })), {
    blame: 'usage',
    message: /is of profile rfc and this run of profile hardened/,
  });
  t.throws(() => gate(record, settings({ baseline: { ...baseline, abi: 'dma-heap' } })), {
    blame: 'usage',
    message: /is of ABI dma-heap and this run of ABI simple-allocator/,
  });
  const old = { ...baseline, allocert: '0.0.1', target: 'vm:x', incompleteReason: 'it was killed' };
  const gated = gate(record, settings({ baseline: old }));
  t.match(gated.gate?.warnings, [
    /itself incomplete/,
    /allocert 0\.0\.1 made/,
    /another target, vm:x/,
  ]);
  t.equal(gated.exitCode, 0);
});

t.test('a baseline that is no record is refused in a sentence', async (t) => {
  const folder = temporaryDirectory();
  const file = join(folder, 'x.json');
  t.throws(() => readBaseline(file), { blame: 'usage', message: /does not exist.*--baseline/ });
  writeFileSync(file, '{}');
  t.throws(() => readBaseline(file), { blame: 'usage', message: /is not what allocert writes/ });
  writeFileSync(file, '{"version": 99}');
  t.throws(() => readBaseline(file), { blame: 'usage', message: /newer allocert/ });
  t.throws(() => readBaseline(folder), { blame: 'usage', message: /record.json cannot be read/ });
});

t.test('skips are counted, and more than allowed leave a run incomplete', async (t) => {
  const lines = sampleLines().map((line) =>
    line.type === 'case-end' && line.case === 'ERR-01/kernel'
      ? { ...line, end: 'skip' as const }
      : line,
  );
  const record = deriveRecord(journalOf(lines));
  t.equal(gate(record, settings({ maxSkips: 1 })).exitCode, 0);
  const over = gate(record, settings({ maxSkips: 0 }));
  t.equal(over.exitCode, 3);
  t.match(over.gate?.reasons, [/1 case skipped, and --max-skips allows 0/]);
});

t.test('1 outranks 3, 3 outranks 4, and every reason is given', async (t) => {
  const asked = settings({ failOnFlaky: true });
  const flaky = { should: 'flaky' } as const;
  t.equal(gate(recordWith(flaky), settings()).exitCode, 0);
  t.equal(gate(recordWith(flaky), asked).exitCode, 4);
  t.equal(gate(recordWith({ ...flaky, guidance: 'inconclusive' }), asked).exitCode, 3);
  const all = gate(recordWith({ ...flaky, guidance: 'inconclusive', text: 'fail' }), asked);
  t.equal(all.exitCode, 1);
  t.match(all.gate?.reasons.join(), /1 failing row.*1 row could not be decided.*1 row flaked/);
  const baseline = baselineOf(recordWith(flaky));
  t.equal(gate(recordWith(flaky), { ...asked, baseline }).exitCode, 0, 'it flaked before');
});

t.test('a merge undoes the gates of its parts', async (t) => {
  const waived = gate(recordWith({ text: 'fail' }), settings({ waivers: [WAIVER] }));
  const input = (path: string) => ({ path, folder: path, record: waived });
  const merged = mergeRecords([input('a'), input('b')], []);
  t.match(merged, { exitCode: 1, waivers: [], gate: undefined });
  t.equal(gate(merged, settings({ waivers: [WAIVER] })).exitCode, 0);
  t.equal(mergeRecords([input('a')], []).exitCode, 0, 'a single record stays as it is');
});

t.test('gating again starts from what was observed', async (t) => {
  const waived = gate(recordWith({ text: 'fail' }), settings({ waivers: [WAIVER] }));
  t.equal(waived.exitCode, 0);
  t.equal(gate(waived, settings()).exitCode, 1);
});
