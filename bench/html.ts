/**
 * Converts a record of 100,000 verdict rows to HTML and prints the peak memory of the whole
 * process, the record's own included. Ends 1 above the limit.
 *
 * Run it after a build: `node build/bench/html.js`.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { htmlPage } from '../reports/formats/html/page.ts';
import type { RecordedCase, RunRecord, Status } from '../reports/record.ts';
import { STATUSES } from '../reports/record.ts';
import { replaceStream } from '../reports/write.ts';

const ROWS = 100_000;
const REQUIREMENTS = 141;
const LIMIT_MB = 300;

const idOf = (index: number): string => `REQ-${index % REQUIREMENTS}`;

function caseOf(index: number): RecordedCase {
  const requirement = idOf(index);
  const status: Status = index % 100 === 0 ? 'fail' : 'pass';
  const reason = `request ${index} of a long run came to EFAULT`;
  const words = { expected: ['EFAULT'], observed: ['EFAULT'] };
  return {
    id: `${requirement}/${index}`,
    title: `row ${index}`,
    requirements: [requirement],
    end: 'completed',
    reason: '',
    durationMs: 1,
    verdicts: [{ requirement, profile: 'hardened', status, ...words, reason }],
    evidence: String(index).padStart(64, '0'),
  };
}

function longRecord(): RunRecord {
  const cases = Array.from({ length: ROWS }, (_, index) => caseOf(index));
  const source = { document: 'a document', place: 'a place' };
  const requirements = Array.from({ length: REQUIREMENTS }, (_, index) => ({
    ...({
      id: idOf(index),
      group: `group ${index % 14}`,
      level: 'MUST',
      authority: 'text',
    } as const),
    statement: `The statement of requirement ${index}.`,
    source,
    statuses: { hardened: 'fail' as const },
    cases: [],
  }));
  const zero = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<Status, number>;
  const counts = { ...zero, fail: REQUIREMENTS };
  const facts = { kind: 'sim', implementation: 'bench', architecture: 'x86_64', pageSize: 4096 };
  const musts = { mustObserved: REQUIREMENTS, mustApplicable: REQUIREMENTS };
  return {
    ...{ version: 1, allocert: 'bench', target: 'sim:', profile: 'hardened', seed: '0x1' },
    ...{ startedAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T00:01:00.000Z' },
    ...{ durationMs: 60_000, complete: true, incompleteReason: '', interruptedCase: '' },
    facts: {
      ...facts,
      ...{ pointerBytes: 8, regions: [], capabilities: [], kernelLog: false, details: {} },
    },
    profiles: [{ name: 'hardened', abi: 'simple-allocator', authorities: ['text'] }],
    ...{ partial: false, requirements, cases, notices: [], exitCode: 1 },
    ...{ environment: {}, sources: [], waivers: [], fuzz: [] },
    summaries: [{ profile: 'hardened', holds: false, counts, ...musts }],
  };
}

const directory = mkdtempSync(join(tmpdir(), 'allocert-bench-'));
try {
  const record = longRecord();
  const begin = performance.now();
  replaceStream(directory, 'report.html', htmlPage({ record, transcriptOf: () => undefined }));
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const written = (statSync(join(directory, 'report.html')).size / 2 ** 20).toFixed(1);
  const peak = (process.resourceUsage().maxRSS * 1024) / 1e6;
  console.log(`html: ${ROWS} rows, ${written} MiB in ${seconds} s, peak ${peak.toFixed(0)} MB`);
  if (peak > LIMIT_MB) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
