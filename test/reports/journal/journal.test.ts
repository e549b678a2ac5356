import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { prepareDirectory } from '../../../reports/files/directory.ts';
import { JournalWriter } from '../../../reports/journal/journal.ts';
import { readJournal } from '../../../reports/journal/read-journal.ts';
import type { JournalLine } from '../../../reports/record/journal-lines.ts';
import { writeReports } from '../../../reports/write.ts';
import { END, sampleLines, temporaryDirectory } from '../sample.ts';

function written(lines: readonly JournalLine[] = sampleLines()): string {
  const directory = join(temporaryDirectory(), 'report');
  const writer = new JournalWriter(directory);
  for (const line of lines) writer.write(line);
  writer.close();
  return directory;
}

t.test('a journal reads back as it was written', async (t) => {
  const journal = readJournal(written());
  t.strictSame(journal.lines, sampleLines());
  t.equal(journal.torn, false);
});

t.test('every line is in the file before write returns', async (t) => {
  const directory = temporaryDirectory();
  const writer = new JournalWriter(directory);
  for (const [index, line] of sampleLines().entries()) {
    writer.write(line);
    const text = readFileSync(join(directory, 'journal.ndjson'), 'utf8');
    t.equal(text.split('\n').length, index + 2);
  }
  writer.close();
  writer.write(END);
  t.equal(readJournal(directory).lines.length, sampleLines().length, 'closed means closed');
});

t.test('a last line that was cut off is left out, wherever the cut was', async (t) => {
  const directory = written();
  const file = join(directory, 'journal.ndjson');
  const bytes = readFileSync(file);
  const lastLine = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
  for (let cut = lastLine; cut < bytes.length; cut++) {
    writeFileSync(file, bytes.subarray(0, cut));
    const journal = readJournal(directory);
    t.equal(journal.lines.length, sampleLines().length - 1);
    t.equal(journal.torn, cut > lastLine);
  }
});

t.test('a missing, damaged, foreign or newer journal is refused in a sentence', async (t) => {
  const refuses = (text: string, sentence: RegExp): void => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'journal.ndjson'), text);
    t.throws(() => readJournal(directory), { message: sentence, blame: 'usage' });
  };
  t.throws(() => readJournal('/nowhere'), {
    message: /there is no folder \/nowhere/,
    blame: 'usage',
  });
  refuses('', /holds no run/);
  refuses('{"type":"run-st', /holds no run/);
  refuses('nonsense\n', /line 1 is damaged/);
  refuses(`${JSON.stringify(END)}\n`, /line 1 does not start a run/);
  refuses('{"type":"run-start","version":2}\n', /newer allocert/);
  refuses(
    '{"type":"run-start","version":1}\n',
    /line 1 is not what allocert writes: at the top, "\w+" is missing/,
  );
  refuses('null\n', /line 1 is not what allocert writes/);
  const directory = written();
  appendFileSync(join(directory, 'journal.ndjson'), '{"type":"rumour"}\n');
  t.throws(() => readJournal(directory), /line 9 is not what allocert writes/);
});

t.test('a directory that cannot be written is what the user typed', async (t) => {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, 'file'), '');
  const usage = { blame: 'usage', message: /cannot write a report/ };
  t.throws(() => prepareDirectory(join(folder, 'file')), {
    ...usage,
    message: /a part of the path is a file/,
  });
  t.throws(() => prepareDirectory(join(folder, 'file', 'below')), { ...usage, message: /a part/ });
  t.throws(() => prepareDirectory('/dev/null/x'), usage);
  t.throws(() => prepareDirectory('/proc/x'), usage);
  t.throws(() => prepareDirectory(`${folder}/${'x'.repeat(300)}`), usage);
});

t.test('a full disk is the machine’s trouble', async (t) => {
  const writer = new JournalWriter(temporaryDirectory());
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  const hostile = {
    type: 'notice',
    get message(): string {
      throw full;
    },
  } as const;
  t.throws(() => writer.write(hostile), { blame: 'machine', message: /disk is full/ });
  writer.close();
});

t.test('an earlier report is replaced, files of others are kept', async (t) => {
  const directory = written();
  writeReports(directory);
  writeFileSync(join(directory, 'notes.txt'), 'mine');
  new JournalWriter(directory).close();
  t.strictSame(readdirSync(directory).toSorted(), ['journal.ndjson', 'notes.txt']);
  t.equal(readFileSync(join(directory, 'notes.txt'), 'utf8'), 'mine');
});

t.test('a directory with other files and no report is refused', async (t) => {
  const directory = join(temporaryDirectory(), 'home');
  mkdirSync(directory);
  writeFileSync(join(directory, 'record.json'), 'not ours');
  t.throws(() => new JournalWriter(directory), { blame: 'usage', message: /holds files/ });
  t.strictSame(readdirSync(directory), ['record.json']);
});
