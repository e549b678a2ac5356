import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../../base/errors.ts';
import { holdsReport, REPORT_FILES } from '../files/directory.ts';
import { scanJournal } from '../journal/read-journal.ts';
import { RecordBuilder } from '../record/builder.ts';
import type { Baseline } from '../record/gate-outcome.ts';
import type { RunRecord } from '../record/record.ts';
import { checkedRecord } from './check-record.ts';
import { failuresOf, openOf, pointsWith } from './gated-points.ts';
import { withoutGate } from './without-gate.ts';

/**
 * Reads the record of an earlier run, to compare with.
 *
 * @param path a report folder, or a `record.json` under any name
 * @throws {@link AllocertError} (usage) when it holds no record that this version can read, and
 *   (machine) for one that contradicts itself
 */
export function readBaseline(path: string): Baseline {
  const record = withoutGate(recordAt(path));
  const { target, profile, profiles, allocert, startedAt, incompleteReason } = record;
  return {
    path,
    target,
    abi: profiles.find(({ name }) => name === profile)?.abi ?? '',
    profile,
    allocert,
    startedAt,
    incompleteReason,
    cases: record.cases.filter(({ end }) => end !== 'not-run').length,
    failing: [...failuresOf(record, 'should'), ...pointsWith(record, 'flaky')],
    open: openOf(record, 'should'),
  };
}

/** A folder may be all that a CI server kept: `record.json` is enough where no journal is. */
function recordAt(path: string): RunRecord {
  if (!existsSync(path)) {
    throw usageError(
      `the baseline ${path} does not exist; name a report folder or a record.json with --baseline`,
    );
  }
  if (!statSync(path).isDirectory()) return checkedRecord(path);
  if (!holdsReport(path)) return checkedRecord(join(path, REPORT_FILES.record));
  const builder = new RecordBuilder();
  scanJournal(path, (line) => builder.add(line));
  return builder.record();
}
