/**
 * Converts a run of 100,000 rows with the built command, and prints processor time and peak memory
 * of its whole process. Ends 1 above the limit of memory.
 *
 * Run it by `npm run bench:reports`.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tellFigures } from './all/figures.ts';
import { measuredCommand } from './reports/command.ts';
import { writeLongRun } from './reports/long-run.ts';

const ROWS = 100_000;
const LIMIT_MB = 300;
const FORMATS = ['junit', 'html', 'tap', 'ctrf', 'json', 'markdown', 'github'] as const;

const folder = mkdtempSync(join(tmpdir(), 'allocert-bench-'));
try {
  const run = join(folder, 'run');
  writeLongRun(run, ROWS);
  const record = join(run, 'record.json');
  const measured = (what: string, words: readonly string[]) => {
    const { megabytes, seconds } = measuredCommand(folder, ['report', ...words]);
    const figures = `${seconds.toFixed(1)} s, peak ${megabytes.toFixed(0)} MB of ${LIMIT_MB}`;
    console.log(`${what.padEnd(32)} ${ROWS} rows, ${figures}`);
    return { megabytes, seconds };
  };
  const journal = measured('journal to every file', [run]);
  const formats = FORMATS.map((format) => {
    const to = ['--reporter', `${format}=${join(folder, format)}`];
    return { format, ...measured(`record.json to ${format}`, [record, ...to]) };
  });
  const html = formats.find(({ format }) => format === 'html');
  const sizeOf = (name: string): number => statSync(join(run, name)).size / 1e6;
  for (const name of ['journal.ndjson', 'record.json', 'junit.xml', 'report.html']) {
    console.log(`${name} ${sizeOf(name).toFixed(1)} MB`);
  }
  const most = Math.max(...formats.map(({ megabytes }) => megabytes));
  tellFigures({
    ...{ 'journal-mb': journal.megabytes, 'journal-seconds': journal.seconds, 'format-mb': most },
    ...{ 'html-seconds': html?.seconds ?? 0, 'html-mb': html?.megabytes ?? 0 },
    'page-mb': sizeOf('report.html'),
  });
  if (Math.max(most, journal.megabytes) > LIMIT_MB) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
