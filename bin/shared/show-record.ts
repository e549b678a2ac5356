import { formatSummary } from '../../reports/formats/summary.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import { type Reporter, writeReporters } from '../../reports/reporters.ts';
import { tellsProgress } from './live-line.ts';
import { coloured, columnsOf, sayText } from './terminal.ts';

/**
 * Writes what `--reporter` asks for, then the summary; a format on standard output has it alone,
 * so that it can be piped into its reader.
 *
 * @param directory where the report is; undefined when none was written
 * @param folders where the evidence of its cases is
 */
export function showRecord(
  record: RunRecord,
  directory: string | undefined,
  reporters: readonly Reporter[],
  folders: readonly string[],
): void {
  const taken = reporters.some(({ path }) => path === '-');
  const stream = taken ? process.stderr : process.stdout;
  const isPainted = coloured(stream);
  const summary = formatSummary(record, {
    ...(directory === undefined ? {} : { directory }),
    coloured: isPainted,
    columns: columnsOf(stream),
    brief: !tellsProgress(),
  });
  sayText(summary, stream, isPainted);
  writeReporters(record, folders, reporters);
}
