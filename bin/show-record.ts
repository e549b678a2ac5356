import { formatSummary } from '../reports/formats/summary.ts';
import type { RunRecord } from '../reports/record.ts';
import { type Reporter, writeReporters } from '../reports/reporters.ts';
import { coloured } from './terminal.ts';

/**
 * Writes what `--reporter` asks for, then the summary; a format on standard output has it alone,
 * so that it can be piped into its reader.
 */
export function showRecord(
  record: RunRecord,
  directory: string,
  reporters: readonly Reporter[],
): void {
  const taken = reporters.some(({ path }) => path === '-');
  const summary = formatSummary(record, { directory, coloured: !taken && coloured() });
  (taken ? process.stderr : process.stdout).write(summary);
  writeReporters(record, directory, reporters);
}
