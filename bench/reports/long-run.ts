import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { programDigest, type TranscriptEntry, toJson } from '../../adapters/contract/index.ts';
import type { JournalLine, RunStart } from '../../reports/record/journal-lines.ts';
import type { Status } from '../../reports/record/status.ts';

const REQUIREMENTS = 141;

const idOf = (index: number): string => `REQ-${index % REQUIREMENTS}`;
const caseIdOf = (index: number): string => `${idOf(index)}/${index}`;

function startLine(rows: number): RunStart {
  const source = { document: 'a document', place: 'a place' };
  const facts = { kind: 'sim', implementation: 'bench', architecture: 'x86_64', pageSize: 4096 };
  return {
    ...({ type: 'run-start', version: 1, allocert: 'bench', target: 'sim:' } as const),
    ...{ startedAt: '2026-01-01T00:00:00.000Z', profile: 'hardened', seed: '0x1', partial: false },
    facts: {
      ...facts,
      ...{ pointerBytes: 8, regions: [], capabilities: [], kernelLog: false, details: {} },
    },
    profiles: [{ name: 'hardened', abi: 'simple-allocator', authorities: ['text'] }],
    requirements: Array.from({ length: REQUIREMENTS }, (_, index) => ({
      ...({ id: idOf(index), group: `group ${index % 14}`, level: 'MUST' } as const),
      ...({ authority: 'text', statement: `The statement of requirement ${index}.` } as const),
      source,
    })),
    cases: Array.from({ length: rows }, (_, index) => ({
      id: caseIdOf(index),
      title: `row ${index} of a long run`,
      requirements: [idOf(index)],
    })),
  };
}

/** One request and its answer, as most cases have several of. */
function answered(index: number): TranscriptEntry {
  const program = {
    threads: [{ client: 'main', operations: [{ op: 'close', slot: 's0', fd: BigInt(index) }] }],
    deadlineMs: 1000,
  } as const;
  const result = { outcome: 'returned', errno: 'EBADF', value: -1n, call: 5n, return: 9n } as const;
  const threads = [[{ ...result, out: new Uint8Array(32) }]];
  const history = { threads, deaths: [], log: [], deadlineHit: false };
  return { kind: 'run', digest: programDigest(program), program, history };
}

/** The lines of a long run, in which each hundredth row is broken. */
export function* longRun(rows: number): Generator<JournalLine> {
  yield startLine(rows);
  for (let index = 0; index < rows; index += 1) {
    const [requirement, id] = [idOf(index), caseIdOf(index)];
    const status: Status = index % 100 === 0 ? 'fail' : 'pass';
    const words = { expected: [status === 'pass' ? 'EFAULT' : 'EINVAL'], observed: ['EFAULT'] };
    const reason = `request ${index} of a long run failed with EFAULT`;
    yield { type: 'case-start', case: id };
    yield {
      ...({ type: 'case-end', case: id, end: 'completed', reason: '', durationMs: 1 } as const),
      verdicts: [{ requirement, profile: 'hardened', status, ...words, reason }],
      transcript: { caseId: id, entries: [answered(index)] },
    };
  }
  const endedAt = '2026-01-01T00:01:00.000Z';
  yield { type: 'run-end', endedAt, durationMs: 60_000, complete: true, reason: '' };
}

/** Writes the journal of {@link longRun} into a new folder. */
export function writeLongRun(folder: string, rows: number): void {
  mkdirSync(folder);
  const descriptor = openSync(join(folder, 'journal.ndjson'), 'w');
  for (const line of longRun(rows)) writeSync(descriptor, `${JSON.stringify(toJson(line))}\n`);
  closeSync(descriptor);
}
