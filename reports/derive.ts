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
  /** The first line without its cases, which are below. */
  #start: RunStart | undefined;
  /** What is known of each case: how it ended, once it has. */
  readonly #cases: (CaseFacts | RecordedCase)[] = [];
  /** Where each case is among them. */
  readonly #places = new Map<string, number>();
  readonly #intern = new Interner();
  readonly #notices: string[] = [];
  /** The case that started last, until it ends. */
  #running = '';
  #end: RunEnd | undefined;

  /** @param start left out where the first line that is added is the start */
  constructor(start?: RunStart) {
    if (start !== undefined) this.#begin(start);
  }

  /** @param evidence SHA-256 of the case's line in `evidence.ndjson`, for the end of a case */
  add(line: JournalLine | WrittenLine, evidence = ''): void {
    switch (line.type) {
      case 'run-start':
        if (this.#start === undefined) this.#begin(line);
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
        this.#finish(line.case, { end, reason, durationMs, verdicts, evidence });
      }
    }
  }

  /** The record of the lines so far. */
  record(): RunRecord {
    const start = this.#start;
    if (start === undefined) throw new Error('no line was the start of a run');
    const { type: _, version: __, environment = {}, ...quoted } = start;
    const cases = this.#cases.map((one) => (isRecorded(one) ? one : { ...one, ...NOT_RUN }));
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
      notices: [...this.#notices],
      waivers: [],
      fuzz: [],
    };
  }

  #begin({ cases, ...start }: RunStart): void {
    this.#start = { ...start, cases: [] };
    for (const [index, facts] of cases.entries()) {
      this.#places.set(facts.id, index);
      this.#cases.push(facts);
    }
  }

  /** What a case came to before becomes an earlier attempt. */
  #finish(id: string, attempt: Attempt): void {
    if (this.#running === id) this.#running = '';
    const place = this.#places.get(id);
    const before = place === undefined ? undefined : this.#cases[place];
    if (place === undefined || before === undefined) return;
    const { title, requirements } = before;
    const one = { id, title, requirements, ...attempt };
    const attempts = isRecorded(before) ? [...(before.attempts ?? []), before] : [];
    this.#cases[place] = this.#intern.case(attempts.length === 0 ? one : { ...one, attempts });
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

const isRecorded = (one: CaseFacts | RecordedCase): one is RecordedCase => 'end' in one;

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
