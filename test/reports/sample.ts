import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Program,
  programDigest,
  type TranscriptEntry,
} from '../../adapters/contract/index.ts';
import type { Journal } from '../../reports/journal/read-journal.ts';
import type {
  CaseFinish,
  JournalLine,
  RunEnd,
  RunStart,
} from '../../reports/record/journal-lines.ts';
import type { CaseEnd, RequirementFacts, Verdict } from '../../reports/record/record.ts';
import type { Status } from '../../reports/record/status.ts';

/** A directory for one test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'allocert-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A Program of one close. */
export const closeProgram = (fd: bigint): Program => ({
  threads: [{ client: 'main', operations: [{ op: 'close', slot: 's0', fd }] }],
  deadlineMs: 1000,
});

/** A recorded answer to {@link closeProgram}: EBADF, and a log line that looks like a number. */
export function closeEntry(fd: bigint): TranscriptEntry {
  const program = closeProgram(fd);
  const result = {
    outcome: 'returned',
    errno: 'EBADF',
    value: -1n,
    out: new Uint8Array([1, 2]),
    call: 5n,
    return: 2n ** 63n,
  } as const;
  const history = { threads: [[result]], deaths: [], log: ['0x1f'], deadlineHit: false };
  return { kind: 'run', digest: programDigest(program), program, history };
}

const requirement = (
  id: string,
  level: RequirementFacts['level'],
  authority: RequirementFacts['authority'],
): RequirementFacts => ({
  id,
  group: id.startsWith('ERR') ? 'errors' : 'lifetime',
  level,
  authority,
  statement: `The statement of ${id} is one sentence.`,
  source: { document: 'a document', place: `the place of ${id}` },
});

/** A run of three cases over a MUST of the text, a MUST of the guidance and a SHOULD. */
export const START: RunStart = {
  type: 'run-start',
  version: 1,
  allocert: '0.1.0',
  startedAt: '2026-01-02T03:04:05.000Z',
  target: 'sim:',
  facts: {
    kind: 'sim',
    implementation: 'simulator, hardened',
    architecture: 'x86_64',
    pageSize: 4096,
    pointerBytes: 8,
    regions: [
      {
        name: 'region:0',
        node: '/dev/cma0',
        abi: 'simple-allocator',
        bounded: true,
        sizeBytes: 2n ** 40n,
      },
    ],
    capabilities: ['files'],
    kernelLog: false,
    details: { digest: '0xdead' },
  },
  profile: 'hardened',
  profiles: [
    { name: 'hardened', abi: 'simple-allocator', authorities: ['text', 'safety', 'guidance'] },
    { name: 'rfc', abi: 'simple-allocator', authorities: ['text', 'safety'] },
  ],
  requirements: [
    requirement('LIF-01', 'MUST', 'text'),
    requirement('ERR-01', 'MUST', 'guidance'),
    requirement('ERR-02', 'SHOULD', 'guidance'),
  ],
  cases: [
    { id: 'LIF-01/close', title: 'close frees', requirements: ['LIF-01'] },
    { id: 'ERR-01/null', title: 'a null pointer', requirements: ['ERR-01', 'ERR-02'] },
    { id: 'ERR-01/kernel', title: 'an address of the kernel', requirements: ['ERR-01'] },
  ],
  partial: false,
  seed: '0x2a',
};

/** The end of a run that came to its end. */
export const END: RunEnd = {
  type: 'run-end',
  endedAt: '2026-01-02T03:04:06.500Z',
  durationMs: 1500,
  complete: true,
  reason: '',
};

/** A verdict; text that differs from the plain one goes last. */
export const verdict = (
  of: string,
  profile: string,
  status: Status,
  more: Partial<Verdict> = {},
): Verdict => ({
  requirement: of,
  profile,
  status,
  expected: ['EFAULT'],
  observed: [status === 'pass' ? 'EFAULT' : 'EINVAL'],
  reason: `${of} was looked at`,
  ...more,
});

/** A case with its start and its end. */
export function ranCase(
  id: string,
  verdicts: readonly Verdict[],
  end: CaseEnd = 'completed',
): readonly JournalLine[] {
  const finish: CaseFinish = {
    type: 'case-end',
    case: id,
    end,
    reason: end === 'completed' ? '' : `it ended in ${end}`,
    durationMs: 12,
    verdicts,
    transcript: { caseId: id, entries: [closeEntry(7n)] },
  };
  return [{ type: 'case-start', case: id }, finish];
}

/** Statuses of the sample's three cases: the text's MUST, the guidance's MUST and the SHOULD. */
export interface SampleStatuses {
  readonly text?: Status;
  readonly guidance?: Status;
  readonly should?: Status;
  readonly second?: Status;
}

/** Lines of a run in which everything passes unless said otherwise. */
export function sampleLines(statuses: SampleStatuses = {}): readonly JournalLine[] {
  const { text = 'pass', guidance = 'pass', should = 'pass', second = 'pass' } = statuses;
  return [
    START,
    ...ranCase('LIF-01/close', [
      verdict('LIF-01', 'hardened', text),
      verdict('LIF-01', 'rfc', text),
    ]),
    ...ranCase('ERR-01/null', [
      verdict('ERR-01', 'hardened', guidance),
      verdict('ERR-01', 'rfc', 'info'),
      verdict('ERR-02', 'hardened', should),
    ]),
    ...ranCase('ERR-01/kernel', [
      verdict('ERR-01', 'hardened', second),
      verdict('ERR-01', 'rfc', 'info'),
    ]),
    END,
  ];
}

/** A journal as it is read. */
export const journalOf = (lines: readonly JournalLine[]): Journal => ({
  start: START,
  lines,
  torn: false,
});
