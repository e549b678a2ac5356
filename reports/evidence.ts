import { createHash } from 'node:crypto';
import { type Transcript, toJson } from '../adapters/contract/index.ts';
import { type JournalLine, RECORD_VERSION, type RunStart } from './record.ts';

/** The evidence of a run: the text of `evidence.ndjson`, and the digest of each case's line. */
export interface Evidence {
  readonly text: string;
  /** SHA-256 of the line, without its newline, by case id. */
  readonly digests: ReadonlyMap<string, string>;
}

/**
 * Everything the target answered, from which `replay:` recomputes the verdicts. The first line
 * names the target; then comes one line for each finished case.
 */
export function evidenceOf(start: RunStart, lines: readonly JournalLine[]): Evidence {
  const { target, facts, seed } = start;
  const first = { kind: 'target', version: RECORD_VERSION, target, seed, facts: toJson(facts) };
  const texts = new Map<string, string>();
  for (const line of lines) {
    if (line.type === 'case-end') texts.set(line.case, caseLine(line.transcript));
  }
  return {
    text: [JSON.stringify(first), ...texts.values()].map((text) => `${text}\n`).join(''),
    digests: new Map([...texts].map(([id, text]) => [id, sha256(text)])),
  };
}

const caseLine = ({ caseId, entries }: Transcript): string =>
  JSON.stringify({ kind: 'case', caseId, entries: toJson(entries) });

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
