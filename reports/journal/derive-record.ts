import { RecordBuilder } from '../record/builder.ts';
import type { RunRecord } from '../record/record.ts';
import { evidenceOfRun, type RunEvidence } from './evidence.ts';
import type { Journal } from './read-journal.ts';

/**
 * The record of a run, from its journal alone: the same journal always gives the same record,
 * whether the run came to its end or was killed.
 */
export function deriveRecord(
  { start, lines }: Journal,
  evidence: RunEvidence = evidenceOfRun(start, lines),
): RunRecord {
  const builder = new RecordBuilder(start);
  for (const line of lines) {
    builder.add(line, line.type === 'case-end' ? evidence.digests.get(line.case) : '');
  }
  return builder.record();
}
