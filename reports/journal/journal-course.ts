import { contradictionIn } from '../record/contradiction.ts';
import type { WrittenLine } from '../record/journal-lines.ts';
import type { JournalPlace } from './read-journal.ts';

/** The order in which a run writes the lines of its journal, and refuses another one. */
export class JournalCourse {
  readonly #file: string;
  #cases: ReadonlySet<string> | undefined;
  /** The case that has started and not ended. */
  #running = '';

  /** @param file the journal, for sentences */
  constructor(file: string) {
    this.#file = file;
  }

  /** @throws {@link AllocertError} (machine) for a line that no run writes there */
  add(line: WrittenLine, { number }: JournalPlace): void {
    const what = this.#fault(line);
    if (what !== undefined) throw contradictionIn(this.#file, 'itself', `line ${number} ${what}`);
  }

  #fault(line: WrittenLine): string | undefined {
    switch (line.type) {
      case 'run-start':
        if (this.#cases !== undefined) return 'starts the run once more';
        this.#cases = new Set(line.cases.map(({ id }) => id));
        return undefined;
      case 'case-start':
        return this.#start(line.case);
      case 'case-end':
        return this.#end(line);
      case 'retry-start':
        this.#running = '';
        return undefined;
      case 'run-end':
        this.#running = '';
        if (line.complete === (line.reason === '')) return undefined;
        return line.complete
          ? `says complete, and why it is not: ${line.reason}`
          : 'says that the run is not complete, and not why';
      default:
        return undefined;
    }
  }

  #start(id: string): string | undefined {
    const before = this.#running;
    this.#running = id;
    if (this.#cases?.has(id) !== true) return `starts ${id}, which is none of the run’s cases`;
    return before === '' ? undefined : `starts ${id}, and ${before} before it never ended`;
  }

  #end({ case: id, transcript }: WrittenLine & { readonly type: 'case-end' }): string | undefined {
    const before = this.#running;
    this.#running = '';
    if (before !== id) return `ends ${id}, which has not started`;
    if (transcript.caseId === id) return undefined;
    return `ends ${id} with the answers to ${transcript.caseId}`;
  }
}
