import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../../base/errors.ts';
import { forEachLine } from '../../base/lines.ts';
import {
  holdsReport,
  prepareDirectory,
  REPORT_FILES,
  withDirectoryErrors,
} from '../files/directory.ts';
import { Replacement } from '../files/replace-file.ts';
import { EvidenceLines } from '../journal/evidence.ts';
import type { RunRecord } from '../record/record.ts';
import { writeViews } from '../write.ts';

/**
 * Refuses a directory in which a merged report would take the place of a run's own.
 *
 * @throws {@link AllocertError} (usage) when a run's own report is there
 */
export function refuseOwnReport(directory: string): void {
  if (!holdsReport(directory)) return;
  throw usageError(
    `${directory} holds the report of a run, which a merged one would no longer fit; ` +
      'name another directory with --out',
  );
}

/**
 * Makes sure that a merged report can be written into a directory, which is created when missing.
 *
 * @throws {@link AllocertError} (usage) when it cannot
 */
export function prepareMerged(directory: string): void {
  refuseOwnReport(directory);
  prepareDirectory(directory, REPORT_FILES.record);
}

/**
 * Writes a merged record with its views and its evidence: everything that a run writes but the
 * journal.
 *
 * @param folders where the evidence is
 * @throws {@link AllocertError} when it cannot be written
 */
export function writeMerged(
  record: RunRecord,
  directory: string,
  folders: readonly string[],
): void {
  withDirectoryErrors(directory, () => writeEvidence(record, directory, folders));
  writeViews(record, directory, [directory]);
}

/** Lines are copied as they are, so that their digests stay. */
function writeEvidence(record: RunRecord, directory: string, folders: readonly string[]): void {
  const wanted = new Set(
    record.cases.flatMap(({ evidence, attempts = [] }) => [
      ...attempts.map((one) => one.evidence),
      evidence,
    ]),
  );
  const merged = new Replacement(join(directory, REPORT_FILES.evidence));
  try {
    merged.write(`${new EvidenceLines().target(record)}\n`);
    for (const file of folders.map((folder) => join(folder, REPORT_FILES.evidence))) {
      if (!existsSync(file)) continue;
      forEachLine(file, (bytes) => {
        const digest = createHash('sha256').update(bytes).digest('hex');
        if (wanted.delete(digest)) merged.write(`${bytes.toString('utf8')}\n`);
      });
    }
    merged.commit();
  } finally {
    merged.abandon();
  }
}
