import { createHash } from 'node:crypto';
import { toJson } from '../../adapters/contract/index.ts';
import { jsonText } from '../../base/clean-text.ts';
import { machineError } from '../../base/errors.ts';
import { schemaViolation } from '../files/schema.ts';
import type { RunRecord } from './record.ts';

/** Where the cases go into the text of the other members; no string of JSON has a raw newline. */
const CASES = /\n {2}"cases": \[\]/;

/**
 * The text of `record.json` in pieces, one line a case, so that a long record is never in memory a
 * second time.
 *
 * @throws {@link AllocertError} when it breaks the published schema, which is a bug of allocert
 */
export function* recordPieces(record: RunRecord): Generator<string> {
  const head = toJson({ ...record, cases: [] });
  check('record', head);
  const text = jsonText(head, 2);
  const { index = 0 } = CASES.exec(text) ?? {};
  yield text.slice(0, index);
  yield '\n  "cases": [';
  let separator = '\n';
  for (const one of record.cases) {
    check('case', one);
    yield `${separator}    ${jsonText(one)}`;
    separator = ',\n';
  }
  yield `${record.cases.length === 0 ? '' : '\n  '}]`;
  yield `${text.slice(index).replace(CASES, '')}\n`;
}

/** The text of `record.json` as {@link recordPieces} gives it. */
export const recordText = (record: RunRecord): string => [...recordPieces(record)].join('');

/** SHA-256 of `record.json`, as allocert writes it. */
export function recordDigest(record: RunRecord): string {
  const hash = createHash('sha256');
  for (const piece of recordPieces(record)) hash.update(piece);
  return hash.digest('hex');
}

function check(name: 'record' | 'case', value: unknown): void {
  const violation = schemaViolation(name, value);
  if (violation === undefined) return;
  throw machineError(
    `the record breaks its own schema (${violation}); this is a bug of allocert, ` +
      'please report it together with journal.ndjson',
  );
}
