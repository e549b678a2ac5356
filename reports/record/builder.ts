import { nameBlockers } from './blockers.ts';
import { combineAttempts } from './combine-attempts.ts';
import { conclusionsOf } from './conclusions.ts';
import { Interner } from './intern.ts';
import type { JournalLine, RunStart, WrittenLine } from './journal-lines.ts';
import {
  type Attempt,
  type CaseFacts,
  RECORD_VERSION,
  type RecordedCase,
  type RunRecord,
} from './record.ts';
import { RunTimeline } from './run-timeline.ts';

/** Makes a record of the lines of a journal, which are handed over one by one and not kept. */
export class RecordBuilder {
  /** The first line without its cases, which are below. */
  #start: RunStart | undefined;
  /** Each case: its facts alone until it has ended. */
  readonly #cases: (CaseFacts | RecordedCase)[] = [];
  /** Where each case is among them. */
  readonly #places = new Map<string, number>();
  readonly #intern = new Interner();
  readonly #notices: string[] = [];
  readonly #course = new RunTimeline();

  /** @param start left out where the first line that is added is the start */
  constructor(start?: RunStart) {
    if (start !== undefined) this.add(start);
  }

  /** @param evidence SHA-256 of the case's line in `evidence.ndjson`, for the end of a case */
  add(line: JournalLine | WrittenLine, evidence = ''): void {
    this.#course.add(line);
    if (line.type === 'run-start' && this.#start === undefined) this.#begin(line);
    else if (line.type === 'notice') this.#notices.push(line.message);
    else if (line.type === 'case-end') {
      const { end, reason, durationMs, verdicts, lacks, blocked } = line;
      this.#finish(line.case, {
        ...{ end, reason, durationMs, verdicts, evidence },
        ...(lacks === undefined ? {} : { lacks }),
        ...(blocked === undefined ? {} : { blocked }),
      });
    }
  }

  /** The record of the lines so far. */
  record(): RunRecord {
    const start = this.#start;
    if (start === undefined) throw new Error('no line was the start of a run');
    const { type: _, version: __, environment = {}, ...quoted } = start;
    const cases = nameBlockers(
      this.#cases.map((one) => (isRecorded(one) ? one : { ...one, ...NOT_RUN })),
      start,
    );
    const ending = this.#course.facts(cases);
    return {
      version: RECORD_VERSION,
      ...quoted,
      environment,
      sources: [],
      ...ending,
      ...conclusionsOf(start, cases, ending.complete),
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

  /** An earlier run of the case becomes one of its attempts. */
  #finish(id: string, run: Attempt): void {
    const place = this.#places.get(id);
    const before = place === undefined ? undefined : this.#cases[place];
    if (place === undefined || before === undefined || this.#start === undefined) return;
    const { title, requirements } = before;
    const earlier = isRecorded(before) ? (before.attempts ?? [this.#intern.attempt(before)]) : [];
    const settled = combineAttempts({ id, title, requirements }, [...earlier, run], this.#start);
    const retried = this.#course.retried(id);
    this.#cases[place] = this.#intern.case(
      retried === undefined ? settled : { ...settled, retried },
    );
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
