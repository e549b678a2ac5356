import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { toJson } from '../../../adapters/contract/index.ts';
import { schemaViolation } from '../../../reports/files/schema.ts';
import { gate, PLAIN_GATE } from '../../../reports/gate/gate.ts';
import { deriveRecord } from '../../../reports/journal/derive-record.ts';
import { evidenceOfRun } from '../../../reports/journal/evidence.ts';
import { JournalWriter } from '../../../reports/journal/journal.ts';
import { readJournal } from '../../../reports/journal/read-journal.ts';
import type { JournalLine } from '../../../reports/record/journal-lines.ts';
import { recordText } from '../../../reports/record/record-text.ts';
import { writeReports } from '../../../reports/write.ts';
import {
  END,
  journalOf,
  ranCase,
  type SampleStatuses,
  START,
  sampleLines,
  temporaryDirectory,
  verdict,
} from '../sample.ts';

const derive = (lines: readonly JournalLine[]) => deriveRecord(journalOf(lines));

t.test('the exit code follows from the worst that the deciding profile saw', async (t) => {
  const table: readonly (readonly [SampleStatuses, 0 | 1 | 3])[] = [
    [{}, 0],
    [{ should: 'warn' }, 0],
    [{ should: 'inconclusive' }, 0],
    [{ guidance: 'skip', second: 'skip' }, 0],
    [{ guidance: 'fail' }, 1],
    [{ should: 'fail' }, 1],
    [{ guidance: 'crash' }, 1],
    [{ second: 'hang' }, 1],
    [{ guidance: 'inconclusive' }, 3],
    [{ guidance: 'inconclusive', second: 'fail' }, 1],
    [{ text: 'skip', guidance: 'skip', second: 'skip' }, 3],
    [{ text: 'warn', guidance: 'skip', second: 'skip' }, 3],
  ];
  for (const [statuses, exitCode] of table) {
    t.equal(derive(sampleLines(statuses)).exitCode, exitCode, JSON.stringify(statuses));
  }
});

t.test('an incomplete run is 3, unless something failed', async (t) => {
  const killed = (statuses: SampleStatuses) => derive(sampleLines(statuses).slice(0, 6)).exitCode;
  t.equal(killed({}), 3);
  t.equal(killed({ text: 'fail' }), 1);
  t.equal(derive([START]).exitCode, 3, 'nothing ran');
});

t.test('a death counts even where no profile has a verdict for it', async (t) => {
  const lines = [START, ...ranCase('LIF-01/close', [], 'crash'), END];
  t.equal(derive(lines).exitCode, 1);
});

t.test('statuses: worst by profile, skip only when nothing else was seen', async (t) => {
  const record = derive(sampleLines({ guidance: 'skip', second: 'pass', should: 'warn' }));
  const statuses = Object.fromEntries(record.requirements.map((one) => [one.id, one.statuses]));
  t.strictSame(statuses, {
    'LIF-01': { hardened: 'pass', rfc: 'pass' },
    'ERR-01': { hardened: 'pass', rfc: 'info' },
    'ERR-02': { hardened: 'warn' },
  });
  t.strictSame(record.requirements[1]?.cases, ['ERR-01/null', 'ERR-01/kernel']);
});

t.test('summaries count the MUSTs that bind and were observed', async (t) => {
  const record = derive(sampleLines({ guidance: 'fail' }));
  const [hardened, rfc] = record.summaries;
  t.match(hardened, { holds: false, mustObserved: 2, mustApplicable: 2 });
  t.match(hardened?.counts, { pass: 2, fail: 1, crash: 0 });
  t.match(rfc, { holds: true, mustObserved: 1, mustApplicable: 1 });
  const nothing = derive([START, END]).summaries[0];
  t.match(nothing, { holds: false, mustObserved: 0, mustApplicable: 2, counts: { skip: 3 } });
});

t.test('a killed run names what it was doing and what never ran', async (t) => {
  const record = derive(sampleLines().slice(0, 4));
  t.equal(record.complete, false);
  t.equal(record.interruptedCase, 'ERR-01/null');
  t.match(record.incompleteReason, /killed while ERR-01\/null ran; 2 of 3 cases did not finish/);
  t.strictSame(
    record.cases.map(({ end }) => end),
    ['completed', 'not-run', 'not-run'],
  );
  t.equal(record.endedAt, '2026-01-02T03:04:05.012Z');
  t.equal(record.summaries[1]?.holds, false, 'half a run holds nothing');
  t.match(derive(sampleLines().slice(0, 3)).incompleteReason, /killed between two cases/);
});

t.test(
  'a case that ran again counts as its runs come to together, and they all stay',
  async (t) => {
    const pass = [verdict('LIF-01', 'hardened', 'pass')];
    const fail = [verdict('LIF-01', 'hardened', 'fail')];
    const lines = [
      ...[START, ...ranCase('LIF-01/close', fail), ...ranCase('ERR-01/null', [], 'skip')],
      ...ranCase('LIF-01/close', [], 'hang'),
      ...ranCase('LIF-01/close', pass),
    ];
    const record = derive(lines);
    const [first, second] = record.cases;
    t.strictSame(
      first?.attempts?.map((one) => [one.end, one.verdicts[0]?.status]),
      [
        ['completed', 'fail'],
        ['hang', undefined],
        ['completed', 'pass'],
      ],
    );
    t.equal(second?.attempts, undefined);
    t.equal(record.requirements[0]?.statuses.hardened, 'flaky');
    t.equal(first?.end, 'hang', 'that it hung once is not forgotten');
    t.equal(record.exitCode, 1);
    const asked = { ...PLAIN_GATE, today: '2026-01-01' };
    t.equal(gate(record, asked).exitCode, 1, 'nor by a gate');
    t.equal(schemaViolation('record', JSON.parse(recordText(record))), undefined);
    const texts = evidenceOfRun(START, lines).text.trimEnd().split('\n').slice(1);
    t.strictSame(
      texts.map((text) => [JSON.parse(text).caseId, JSON.parse(text).attempt]),
      [
        ['LIF-01/close', undefined],
        ['ERR-01/null', undefined],
        ['LIF-01/close', 2],
        ['LIF-01/close', 3],
      ],
      'a second line under one name says that it ran again',
    );
  },
);

t.test('a run that says it is complete while cases are missing is not', async (t) => {
  const record = derive([...sampleLines().slice(0, 3), END]);
  t.equal(record.complete, false);
  t.match(record.incompleteReason, /the run stopped early; 2 of 3/);
  const stopped = derive([START, { ...END, complete: false, reason: 'the disk is full' }]);
  t.equal(stopped.incompleteReason, 'the disk is full');
});

t.test('record.json fits its schema, and its digests fit evidence.ndjson', async (t) => {
  const directory = temporaryDirectory();
  const writer = new JournalWriter(directory);
  for (const line of sampleLines()) writer.write(line);
  writer.write({ type: 'notice', message: 'the target was opened again' });
  writer.close();
  const record = writeReports(directory);
  const json = JSON.parse(readFileSync(join(directory, 'record.json'), 'utf8'));
  t.equal(schemaViolation('record', json), undefined);
  t.strictSame(json, toJson(deriveRecord(readJournal(directory))));
  t.equal(json.facts.regions[0].sizeBytes, '0x10000000000');
  t.equal(json.facts.details.digest, '0xdead', 'text stays text');
  t.strictSame(record.notices, ['the target was opened again']);
  const lines = readFileSync(join(directory, 'evidence.ndjson'), 'utf8').trimEnd().split('\n');
  t.match(JSON.parse(lines[0] ?? ''), { kind: 'target', target: 'sim:', seed: '0x2a' });
  t.strictSame(
    lines.slice(1).map((line) => createHash('sha256').update(line).digest('hex')),
    record.cases.map(({ evidence }) => evidence),
  );
  const first = readFileSync(join(directory, 'record.json'), 'utf8');
  writeReports(directory);
  t.equal(readFileSync(join(directory, 'record.json'), 'utf8'), first, 'rebuilt byte for byte');
});

t.test('a record that breaks the schema is never written', async (t) => {
  const record = derive(sampleLines());
  const sentence = { blame: 'machine', message: /bug of allocert/ };
  t.throws(() => recordText({ ...record, exitCode: 2 as 3 }), sentence);
  t.throws(() => recordText({ ...record, seed: undefined as unknown as string }), sentence);
  t.throws(() => recordText({ ...record, surprise: 1 } as typeof record), sentence);
  const bad = [verdict('LIF-01', 'rfc', 'splendid' as 'pass')];
  const lines = [START, ...ranCase('LIF-01/close', bad), END];
  t.throws(() => recordText(derive(lines)), sentence);
});
