import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { forEachLine } from '../../../base/lines.ts';
import { splitCases } from '../../../reports/files/split-cases.ts';
import { deriveRecord } from '../../../reports/journal/derive-record.ts';
import { readRecord } from '../../../reports/record/read-record.ts';
import { recordDigest, recordText } from '../../../reports/record/record-text.ts';
import { journalOf, START, sampleLines, temporaryDirectory, verdict } from '../sample.ts';

const RECORD = deriveRecord(journalOf(sampleLines({ text: 'fail' })));

function written(text: string): string {
  const file = join(temporaryDirectory(), 'record.json');
  writeFileSync(file, text);
  return file;
}

t.test('a record reads back as it was, however its file is formatted', async (t) => {
  const text = recordText(RECORD);
  t.strictSame(readRecord(written(text)), RECORD);
  t.strictSame(readRecord(written(JSON.stringify(JSON.parse(text)))), RECORD, 'on one line');
  t.strictSame(readRecord(written(JSON.stringify(JSON.parse(text), undefined, '\t'))), RECORD);
  const { cases, ...rest } = JSON.parse(text);
  t.strictSame(readRecord(written(JSON.stringify({ ...rest, cases }))), RECORD, 'cases at the end');
  t.strictSame(readRecord(written(JSON.stringify({ cases, ...rest }))), RECORD, 'and at the start');
  const none = deriveRecord({ start: { ...START, cases: [] }, lines: [], torn: false });
  t.strictSame(readRecord(written(recordText(none))), none, 'without cases');
});

t.test('a record of many pieces reads back, with all that JSON may hold in a string', async (t) => {
  const strange = `"cases": [ } ] \\" ${'ü{'.repeat(300)}`;
  const ids = Array.from({ length: 600 }, (_, index) => `LIF-01/${index}`);
  const cases = ids.map((id) => ({ id, title: strange, requirements: ['LIF-01'] }));
  const start = { ...START, target: strange, cases };
  const lines = ids.map((id) => ({
    ...({ type: 'case-end', case: id, end: 'completed', reason: strange } as const),
    ...{ durationMs: 1, transcript: { caseId: id, entries: [] } },
    verdicts: [verdict('LIF-01', 'hardened', 'pass', { reason: strange })],
  }));
  const record = deriveRecord({ start, lines: [start, ...lines], torn: false });
  const text = recordText(record);
  t.ok(text.length > 1 << 20, 'more than what is read at once');
  t.strictSame(readRecord(written(text)), record);
  const texts: string[] = [];
  const head = splitCases(written(text), (one) => texts.push(one));
  t.strictSame(JSON.parse(head), { ...JSON.parse(text), cases: [] });
  t.strictSame(
    texts.map((one) => JSON.parse(one)),
    JSON.parse(text).cases,
  );
  t.equal(recordDigest(readRecord(written(text))), recordDigest(record));
});

t.test('what is no record is refused in a sentence', async (t) => {
  const refuses = (text: string, message: RegExp): void => {
    t.throws(() => readRecord(written(text)), { blame: 'usage', message });
  };
  t.throws(() => readRecord('/nowhere'), { blame: 'usage', message: /\/nowhere cannot be read/ });
  refuses('', /is damaged: it is not JSON/);
  refuses('null', /is not what allocert writes/);
  refuses('{"version": 2}', /newer allocert/);
  refuses(readFileSync(written(recordText(RECORD)), 'utf8').slice(0, -9), /is damaged/);
  refuses(recordText(RECORD).replace('"end":"completed"', '"end":"over"'), /case 1 is not what/);
  refuses(recordText(RECORD).replace('"exitCode": 1', '"exitCode": 9'), /at \/exitCode/);
});

t.test('lines come one by one, whatever their length', async (t) => {
  const long = 'ü'.repeat(400_000);
  const read = (text: string): { lines: string[]; torn: boolean } => {
    const lines: string[] = [];
    const file = written(text);
    const torn = forEachLine(file, (bytes, at) => {
      lines.push(bytes.toString('utf8'));
      t.equal(
        readFileSync(file)
          .subarray(at, at + bytes.length)
          .compare(bytes),
        0,
        'the place',
      );
    });
    return { lines, torn };
  };
  t.strictSame(read(''), { lines: [], torn: false });
  t.strictSame(read('a\n\nb\n'), { lines: ['a', '', 'b'], torn: false });
  t.strictSame(read(`a\n${long}\nb\nc`), { lines: ['a', long, 'b'], torn: true });
});
