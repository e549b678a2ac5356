import type { JournalLine, RunEnd, WrittenLine } from './journal-lines.ts';
import type { RecordedCase, RunRecord } from './record.ts';

/**
 * The course of a run with its retries: told line by line, it says whether everything has ended,
 * what ran when it had not, and how long it took.
 */
export class RunTimeline {
  /** The case that started last, until it ends. */
  #running = '';
  /** Whether the lines are those of the run or of a retry. */
  #noun: 'run' | 'retry' = 'run';
  #startedAt = '';
  #end: RunEnd | undefined;
  /** Milliseconds of finished cases since then. */
  #casesMs = 0;
  /** Milliseconds of the run and the retries before. */
  #earlierMs = 0;
  readonly #retried = new Set<string>();

  /** Hears of one line more. */
  add(line: JournalLine | WrittenLine): void {
    if (line.type === 'run-start' || line.type === 'retry-start') {
      this.#earlierMs += this.#durationMs();
      this.#noun = line.type === 'run-start' ? 'run' : 'retry';
      this.#startedAt = line.startedAt;
      this.#casesMs = 0;
      this.#end = undefined;
      this.#running = '';
    } else if (line.type === 'case-start') {
      this.#running = line.case;
    } else if (line.type === 'case-end') {
      if (this.#running === line.case) this.#running = '';
      this.#casesMs += line.durationMs;
      if (this.#noun === 'retry') this.#retried.add(line.case);
    } else if (line.type === 'run-end') {
      this.#end = line;
    }
  }

  /** Whether a retry ran the case to its end. */
  retried(id: string): true | undefined {
    return this.#retried.has(id) || undefined;
  }

  /** The end of the run for its record. A killed run has none; its cases say how far it got. */
  facts(
    cases: readonly RecordedCase[],
  ): Pick<
    RunRecord,
    'endedAt' | 'durationMs' | 'complete' | 'incompleteReason' | 'interruptedCase'
  > {
    const incompleteReason = this.#incompleteReason(cases);
    const lastMs = Date.parse(this.#startedAt) + this.#casesMs;
    return {
      endedAt: this.#end?.endedAt ?? new Date(lastMs).toISOString(),
      durationMs: this.#earlierMs + this.#durationMs(),
      complete: incompleteReason === '',
      incompleteReason,
      interruptedCase: this.#running,
    };
  }

  #durationMs(): number {
    return this.#end?.durationMs ?? this.#casesMs;
  }

  #incompleteReason(cases: readonly RecordedCase[]): string {
    const end = this.#end;
    const missing = cases.filter((one) => one.end === 'not-run').length;
    if (end?.complete === true && missing === 0) return '';
    if (end !== undefined && end.reason !== '') return end.reason;
    const ran = this.#running === '' ? 'between two cases' : `while ${this.#running} ran`;
    const how =
      end === undefined ? `the ${this.#noun} was killed ${ran}` : `the ${this.#noun} stopped early`;
    return `${how}; ${missing} of ${cases.length} cases did not finish`;
  }
}
