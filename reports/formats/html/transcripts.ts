import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Transcript } from '../../../adapters/contract/index.ts';
import { entryFromJson } from '../../../adapters/contract/program-json.ts';
import { bytesAt, forEachLine } from '../../../base/lines.ts';
import { REPORT_FILES } from '../../files/directory.ts';
import type { WrittenTranscript } from '../../record/journal-lines.ts';
import type { RunRecord } from '../../record/record.ts';
import { hasEvidence } from './evidence.ts';

interface Place {
  readonly file: string;
  readonly at: number;
  readonly length: number;
}

/**
 * The target's answers to the cases that a page shows, read from the evidence when they are asked
 * for. Lines are found by their digests, so a line that was changed is not shown as evidence.
 *
 * @param folders where `evidence.ndjson` may be
 * @returns the transcript of a case; undefined when no folder has it
 */
export function transcriptsOf(
  record: RunRecord,
  folders: readonly string[],
): (caseId: string) => Transcript | undefined {
  const shown = record.cases.filter((one) => hasEvidence(record, one));
  const digests = new Map(shown.map(({ id, evidence }) => [id, evidence]));
  const places = placesOf(new Set(digests.values()), folders);
  return (caseId) => {
    const place = places.get(digests.get(caseId) ?? '');
    if (place === undefined) return undefined;
    const line = JSON.parse(bytesAt(place.file, place.at, place.length).toString('utf8'));
    const { entries } = line as WrittenTranscript;
    return { caseId, entries: entries.map(entryFromJson) };
  };
}

function placesOf(
  wanted: ReadonlySet<string>,
  folders: readonly string[],
): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  if (wanted.size === 0) return places;
  for (const file of folders.map((folder) => join(folder, REPORT_FILES.evidence))) {
    if (!existsSync(file)) continue;
    forEachLine(file, (bytes, at) => {
      const digest = createHash('sha256').update(bytes).digest('hex');
      if (wanted.has(digest)) places.set(digest, { file, at, length: bytes.length });
    });
  }
  return places;
}
