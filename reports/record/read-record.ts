import { factsFromJson } from '../../adapters/contract/program-json.ts';
import { AllocertError, messageOf, unreadable, usageError } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import { schemaViolation } from '../files/schema.ts';
import { splitCases } from '../files/split-cases.ts';
import { Interner } from './intern.ts';
import type { RecordedCase, RunRecord } from './record.ts';
import { refuseNewer } from './refuse-newer.ts';

/**
 * Reads a `record.json`.
 *
 * @throws {@link AllocertError} (usage) when it cannot be read, is damaged, breaks the published
 *   schema, or a newer allocert wrote it
 */
export function readRecord(file: string): RunRecord {
  const cases: RecordedCase[] = [];
  const intern = new Interner();
  const text = readingOf(file, () =>
    splitCases(file, (one) => {
      const value = parsed(one, file);
      refuse(schemaViolation('case', value), `${file}, case ${cases.length + 1}`);
      cases.push(intern.case(value as RecordedCase));
    }),
  );
  const head = parsed(text, file);
  refuseNewer(head, 'record', file);
  refuse(schemaViolation('record', head), file);
  const record = head as RunRecord;
  return { ...record, facts: factsFromJson(record.facts), cases };
}

function readingOf(file: string, read: () => string): string {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof AllocertError) throw thrown;
    const reason = unreadable(thrown);
    if (reason === undefined) throw thrown;
    throw usageError(`${file} cannot be read, ${reason}; name a report folder or a record.json`);
  }
}

function parsed(text: string, file: string): unknown {
  try {
    return parseJson(text);
  } catch (thrown) {
    throw usageError(`${file} is damaged: it ${messageOf(thrown)}; restore it or make it again`);
  }
}

function refuse(violation: string | undefined, place: string): void {
  if (violation === undefined) return;
  throw usageError(`${place} is not what allocert writes: ${violation}; name a record.json`);
}
