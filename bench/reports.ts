/**
 * Converts runs of 100,000 verdict rows with the built command, and prints the peak memory of its
 * whole process. Ends 1 above the limit.
 *
 * Run it by `npm run bench:reports`.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programDigest, type TranscriptEntry, toJson } from '../adapters/contract/index.ts';
import { packageRoot } from '../base/package-root.ts';
import type { JournalLine, RunStart } from '../reports/record/journal-lines.ts';
import type { Status } from '../reports/record/status.ts';

const ROWS = 100_000;
const REQUIREMENTS = 141;
const LIMIT_MB = 300;

const idOf = (index: number): string => `REQ-${index % REQUIREMENTS}`;
const caseIdOf = (index: number): string => `${idOf(index)}/${index}`;

function startLine(): RunStart {
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
    cases: Array.from({ length: ROWS }, (_, index) => ({
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

function* journalLines(): Generator<JournalLine> {
  yield startLine();
  for (let index = 0; index < ROWS; index += 1) {
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

function writeJournal(folder: string): void {
  mkdirSync(folder);
  const descriptor = openSync(join(folder, 'journal.ndjson'), 'w');
  for (const line of journalLines()) writeSync(descriptor, `${JSON.stringify(toJson(line))}\n`);
  closeSync(descriptor);
}

/** Runs the command; what it says of its own memory at its end goes to a file. */
function measured(folder: string, what: string, args: readonly string[]): boolean {
  const memory = join(folder, 'memory');
  const code = `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(memory)},
    String(process.resourceUsage().maxRSS)))`;
  const preload = join(folder, 'preload.cjs');
  writeFileSync(preload, code);
  const program = join(packageRoot(), 'dist', 'bin', 'allocert.js');
  const begin = performance.now();
  const ran = spawnSync(process.execPath, ['--require', preload, program, ...args], {
    encoding: 'utf8',
  });
  const seconds = (performance.now() - begin) / 1000;
  if (ran.status !== 1) throw new Error(`exit code ${ran.status} where 1 is right: ${ran.stderr}`);
  const peak = (Number(readFileSync(memory, 'utf8')) * 1024) / 1e6;
  const figures = `${seconds.toFixed(1)} s, peak ${peak.toFixed(0)} MB of ${LIMIT_MB}`;
  console.log(`${what.padEnd(32)} ${ROWS} rows, ${figures}`);
  return peak <= LIMIT_MB;
}

const folder = mkdtempSync(join(tmpdir(), 'allocert-bench-'));
try {
  const run = join(folder, 'run');
  writeJournal(run);
  const record = join(run, 'record.json');
  const to = (format: string): string[] => ['--reporter', `${format}=${join(folder, format)}`];
  const all = [
    measured(folder, 'journal to every file', ['report', run]),
    ...['junit', 'html', 'tap', 'ctrf', 'json', 'markdown', 'github'].map((format) =>
      measured(folder, `record.json to ${format}`, ['report', record, ...to(format)]),
    ),
  ];
  const sizes = ['journal.ndjson', 'record.json', 'junit.xml', 'report.html'].map((name) => {
    const mebibytes = statSync(join(run, name)).size / 2 ** 20;
    return `${name} ${mebibytes.toFixed(0)} MiB`;
  });
  console.log(sizes.join(', '));
  if (all.includes(false)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
