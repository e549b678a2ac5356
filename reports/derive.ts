import { type Evidence, evidenceOf } from './evidence.ts';
import type { Journal } from './read-journal.ts';
import {
  type CaseFacts,
  type CaseFinish,
  type JournalLine,
  RECORD_VERSION,
  type RecordedCase,
  type RunEnd,
  type RunRecord,
} from './record.ts';
import { exitCodeOf, statusesOf, summarise } from './standing.ts';

/**
 * The record of a run, from its journal alone: the same journal always gives the same record,
 * whether the run came to its end or was killed.
 */
export function deriveRecord(
  { start, lines }: Journal,
  evidence: Evidence = evidenceOf(start, lines),
): RunRecord {
  const finished = new Map(linesOf(lines, 'case-end').map((line) => [line.case, line]));
  const cases = start.cases.map((facts) => recordCase(facts, finished.get(facts.id), evidence));
  const interruptedCase = lastUnfinished(lines, finished);
  const ending = endingOf(lines, cases, interruptedCase);
  const requirements = start.requirements.map((facts) => ({
    ...facts,
    statuses: statusesOf(facts, start.profiles, cases),
    cases: cases.filter((one) => one.requirements.includes(facts.id)).map(({ id }) => id),
  }));
  const summaries = start.profiles.map((profile) =>
    summarise(profile, requirements, ending.complete),
  );
  const { type: _, version: __, environment = {}, ...quoted } = start;
  return {
    version: RECORD_VERSION,
    ...quoted,
    ...timesOf(start.startedAt, lines, cases),
    complete: ending.complete,
    incompleteReason: ending.reason,
    interruptedCase,
    requirements,
    cases,
    summaries,
    notices: linesOf(lines, 'notice').map(({ message }) => message),
    environment,
    sources: [],
    waivers: [],
    fuzz: [],
    exitCode: exitCodeOf({ cases, summaries, profile: start.profile }),
  };
}

function linesOf<Type extends JournalLine['type']>(
  lines: readonly JournalLine[],
  type: Type,
): Extract<JournalLine, { type: Type }>[] {
  return lines.filter((line) => line.type === type) as Extract<JournalLine, { type: Type }>[];
}

function recordCase(
  facts: CaseFacts,
  line: CaseFinish | undefined,
  evidence: Evidence,
): RecordedCase {
  if (line === undefined) {
    const reason = 'the run ended before this case did';
    return { ...facts, end: 'not-run', reason, durationMs: 0, verdicts: [], evidence: '' };
  }
  const { end, reason, durationMs, verdicts } = line;
  return {
    ...facts,
    end,
    reason,
    durationMs,
    verdicts,
    evidence: evidence.digests.get(facts.id) ?? '',
  };
}

/** The case that had started and not finished when the journal stops; empty when there is none. */
function lastUnfinished(
  lines: readonly JournalLine[],
  finished: ReadonlyMap<string, CaseFinish>,
): string {
  const last = linesOf(lines, 'case-start').at(-1)?.case;
  return last === undefined || finished.has(last) ? '' : last;
}

function endingOf(
  lines: readonly JournalLine[],
  cases: readonly RecordedCase[],
  interruptedCase: string,
): { readonly complete: boolean; readonly reason: string } {
  const end = linesOf(lines, 'run-end').at(-1);
  const missing = cases.filter((one) => one.end === 'not-run').length;
  if (end?.complete === true && missing === 0) return { complete: true, reason: '' };
  if (end !== undefined && end.reason !== '') return { complete: false, reason: end.reason };
  const ran = interruptedCase === '' ? 'between two cases' : `while ${interruptedCase} ran`;
  const how = end === undefined ? `the run was killed ${ran}` : 'the run stopped early';
  return { complete: false, reason: `${how}; ${missing} of ${cases.length} cases did not finish` };
}

/** A killed run has no end of its own; its finished cases say how far it came. */
function timesOf(
  startedAt: string,
  lines: readonly JournalLine[],
  cases: readonly RecordedCase[],
): Pick<RunEnd, 'endedAt' | 'durationMs'> {
  const end = linesOf(lines, 'run-end').at(-1);
  if (end !== undefined) return { endedAt: end.endedAt, durationMs: end.durationMs };
  const durationMs = cases.reduce((sum, one) => sum + one.durationMs, 0);
  const endedAt = new Date(Date.parse(startedAt) + durationMs).toISOString();
  return { endedAt, durationMs };
}
