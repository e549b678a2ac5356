import { createHash } from 'node:crypto';
import { machineError, usageError } from '../../base/errors.ts';
import type { TranscriptEntry } from '../contract/index.ts';
import { entryFromJson } from '../contract/program-json.ts';
import { evidenceViolation } from './evidence-schema.ts';

/** The answers to one run of a case, as a line of evidence or of a journal has them. */
export interface WrittenAnswers {
  readonly caseId: string;
  readonly entries: readonly object[];
}

/**
 * Answers under the digests of their questions. A digest that does not fit the Program beside it
 * would let a reader see one question and the verdict follow from another.
 *
 * @param place file and line, for sentences
 * @throws {@link AllocertError} (machine) when a digest does not fit
 */
export function decodeEntries(
  { caseId, entries }: WrittenAnswers,
  place: string,
): readonly TranscriptEntry[] {
  return entries.map((entry, index) => {
    const { digest, program } = entry as { readonly digest: string; readonly program: object };
    const asked = createHash('sha256').update(JSON.stringify(program)).digest('hex');
    if (asked === digest) return entryFromJson(entry);
    throw machineError(
      `${place}: the program at position ${index + 1} of ${caseId} does not have the ` +
        'digest beside it, so the recording was changed',
    );
  });
}

/**
 * The same of answers whose shape nobody has checked yet.
 *
 * @throws {@link AllocertError} as {@link decodeEntries} does, and (usage) for what is no evidence
 */
export function checkedEntries(answers: WrittenAnswers, place: string): readonly TranscriptEntry[] {
  const { caseId, entries } = answers;
  const violation = evidenceViolation({ kind: 'case', caseId, entries });
  if (violation !== undefined) throw usageError(`${place} is not evidence: ${violation}`);
  return decodeEntries(answers, place);
}
