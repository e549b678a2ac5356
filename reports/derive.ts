import { type Evidence, evidenceOf } from './evidence.ts';
import { Interner } from './intern.ts';
import type { Journal, WrittenLine } from './read-journal.ts';
import {
  type Attempt,
  type CaseFacts,
  type FuzzSummary,
  type JournalLine,
  RECORD_VERSION,
  type RecordedCase,
  type RunEnd,
  type RunRecord,
  type RunStart,
} from './record.ts';
import { exitCodeOf, recordRequirements, summarise } from './standing.ts';

/**
 * The record of a run, from its journal alone: the same journal always gives the same record,
 * whether the run came to its end or was killed.
 */
export function deriveRecord(
  { start, lines }: Journal,
  evidence: Evidence = evidenceOf(start, lines),
): RunRecord {
  const builder = new RecordBuilder(start);
  for (const line of lines) {
    builder.add(line, line.type === 'case-end' ? evidence.digests.get(line.case) : '');
  }
  return builder.record();
}

/** Makes a record of the lines of a journal, which are handed over one by one and not kept. */
export class RecordBuilder {
  #start: RunStart | undefined;
  readonly #intern = new Interner();
  /** The last run of each case that came to an end, and the ones before it. */
  readonly #finished = new Map<string, Attempt>();
  readonly #earlier = new Map<string, Attempt[]>();
  readonly #notices: string[] = [];
  /** The case that started last, until it ends. */
  #running = '';
  #end: RunEnd | undefined;

  /** @param start left out where the first line that is added is the start */
  constructor(start?: RunStart) {
    this.#start = start;
  }

  /** @param evidence SHA-256 of the case's line in `evidence.ndjson`, for the end of a case */
  add(line: JournalLine | WrittenLine, evidence = ''): void {
    switch (line.type) {
      case 'run-start':
        this.#start ??= line;
        return;
      case 'case-start':
        this.#running = line.case;
        return;
      case 'notice':
        this.#notices.push(line.message);
        return;
      case 'run-end':
        this.#end = line;
        return;
      case 'case-end': {
        const { end, reason, durationMs, verdicts } = line;
        const attempt = { end, reason, durationMs, verdicts, evidence };
        this.#finish(line.case, this.#intern.attempt(attempt));
      }
    }
  }

  /** The record of the lines so far. */
  record(): RunRecord {
    const start = this.#start;
    if (start === undefined) throw new Error('no line was the start of a run');
    const { type: _, version: __, environment = {}, ...quoted } = start;
    const cases = start.cases.map((facts) => this.#case(facts));
    const ending = this.#ending(cases);
    return {
      version: RECORD_VERSION,
      ...quoted,
      environment,
      sources: [],
      ...this.#times(start, cases),
      complete: ending.complete,
      incompleteReason: ending.reason,
      interruptedCase: this.#running,
      ...standingsOf(start, cases, ending.complete),
      cases,
      notices: this.#notices,
      waivers: [],
      fuzz: [],
    };
  }

  #finish(id: string, attempt: Attempt): void {
    if (this.#running === id) this.#running = '';
    const before = this.#finished.get(id);
    if (before !== undefined) this.#earlier.set(id, [...(this.#earlier.get(id) ?? []), before]);
    this.#finished.set(id, attempt);
  }

  #case(facts: CaseFacts): RecordedCase {
    const attempts = this.#earlier.get(facts.id);
    const one = { ...facts, ...(this.#finished.get(facts.id) ?? NOT_RUN) };
    return this.#intern.case(attempts === undefined ? one : { ...one, attempts });
  }

  #ending(cases: readonly RecordedCase[]): { readonly complete: boolean; readonly reason: string } {
    const end = this.#end;
    const missing = cases.filter((one) => one.end === 'not-run').length;
    if (end?.complete === true && missing === 0) return { complete: true, reason: '' };
    if (end !== undefined && end.reason !== '') return { complete: false, reason: end.reason };
    const ran = this.#running === '' ? 'between two cases' : `while ${this.#running} ran`;
    const how = end === undefined ? `the run was killed ${ran}` : 'the run stopped early';
    return {
      complete: false,
      reason: `${how}; ${missing} of ${cases.length} cases did not finish`,
    };
  }

  /** A killed run has no end of its own; its finished cases say how far it came. */
  #times(
    { startedAt }: RunStart,
    cases: readonly RecordedCase[],
  ): Pick<RunEnd, 'endedAt' | 'durationMs'> {
    if (this.#end !== undefined) {
      return { endedAt: this.#end.endedAt, durationMs: this.#end.durationMs };
    }
    const durationMs = cases.reduce((sum, one) => sum + one.durationMs, 0);
    const endedAt = new Date(Date.parse(startedAt) + durationMs).toISOString();
    return { endedAt, durationMs };
  }
}

const NOT_RUN: Attempt = {
  end: 'not-run',
  reason: 'the run ended before this case did',
  durationMs: 0,
  verdicts: [],
  evidence: '',
};

/** What follows from the cases of a record: each requirement's standing, each profile's, the code. */
export function standingsOf(
  { requirements, profiles, profile }: Pick<RunStart, 'requirements' | 'profiles' | 'profile'>,
  cases: readonly RecordedCase[],
  complete: boolean,
  fuzz: readonly FuzzSummary[] = [],
): Pick<RunRecord, 'requirements' | 'summaries' | 'exitCode'> {
  const recorded = recordRequirements(requirements, profiles, cases, fuzz);
  const summaries = profiles.map((one) => summarise(one, recorded, complete));
  const exitCode = exitCodeOf({ cases, summaries, profile });
  return { requirements: recorded, summaries, exitCode };
}
