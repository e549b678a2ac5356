/** Goal: no text of any length gets into a journal whole, and the cut is seen. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { TranscriptEntry } from '../../../adapters/contract/index.ts';
import { REPORT_FILES } from '../../../reports/files/directory.ts';
import { cutLog, cutText, LOG_LINES_MAX, TEXT_MAX } from '../../../reports/journal/cut-text.ts';
import { JournalWriter } from '../../../reports/journal/journal.ts';
import { readJournal } from '../../../reports/journal/read-journal.ts';
import type { CaseFinish } from '../../../reports/record/journal-lines.ts';
import { closeEntry, closeProgram, END, START, verdict } from '../sample.ts';

const same = (text: string): string => text;
const LONG = '\u{1F600}'.repeat(2_000_000);

t.test('a text that fits stays as it is', async (t) => {
  t.equal(cutText('x'.repeat(TEXT_MAX), same), 'x'.repeat(TEXT_MAX));
});

t.test('a text that is too long says how much is missing', async (t) => {
  const cut = cutText(`${'x'.repeat(TEXT_MAX)}yz`, same);
  t.equal(cut, `${'x'.repeat(TEXT_MAX)} … [cut here, where 2 more characters stood]`);
  t.equal(cutText(cut, same), cut, 'a replay says the same as its run');
  t.notMatch(cutText(`x${LONG}`, same), /\p{Cs}/u, 'no half of a character is left');
});

t.test('a secret at the cut is hidden whole', async (t) => {
  const hide = (text: string): string => text.replaceAll('hunter2', '[redacted]');
  const cut = cutText(`${'x'.repeat(TEXT_MAX - 3)}hunter2${LONG}`, hide);
  t.notMatch(cut, /hun/);
});

t.test('a log that is too long says how many lines are missing', async (t) => {
  const cut = cutLog(Array(LOG_LINES_MAX + 5).fill('line'), same);
  t.equal(cut.length, LOG_LINES_MAX + 1);
  t.equal(cut.at(-1), '… [cut here, where 5 more lines stood]');
});

t.test('every free text of a line is cut', async (t) => {
  const directory = join(t.testdir({}), 'report');
  const writer = new JournalWriter(directory);
  const facts = { ...START.facts, implementation: LONG, details: { said: LONG } };
  const run = closeEntry(7n);
  const entries: readonly TranscriptEntry[] = [
    run.kind === 'run' ? { ...run, history: { ...run.history, log: [LONG] } } : run,
    {
      ...{ kind: 'death', digest: run.digest, program: closeProgram(7n), manner: 'crash' },
      ...{ message: LONG, log: [LONG] },
    },
  ];
  const finish: CaseFinish = {
    ...{ type: 'case-end', case: 'LIF-01/close', end: 'crash', reason: LONG, durationMs: 1 },
    verdicts: [verdict('LIF-01', 'hardened', 'crash', { reason: LONG, observed: [LONG] })],
    transcript: { caseId: 'LIF-01/close', entries },
  };
  writer.write({ ...START, target: LONG, facts, environment: { host: LONG } });
  writer.write(finish);
  writer.write({ type: 'notice', message: LONG });
  writer.write({ ...END, reason: LONG });
  writer.close();
  const bytes = statSync(join(directory, REPORT_FILES.journal)).size;
  t.ok(bytes < 12 * 3 * TEXT_MAX, `${bytes} bytes for twelve texts`);
  t.equal(readJournal(directory).lines.length, 4);
});
