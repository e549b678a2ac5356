import { RecordBuilder } from '../record/builder.ts';
import type { GateSettings } from '../record/gate-outcome.ts';
import type { WrittenLine } from '../record/journal-lines.ts';
import type { RunRecord } from '../record/record.ts';
import { EvidenceLines } from './evidence.ts';

/**
 * The run as this process observed it, line by line: what it prints and ends with follows from this
 * alone, whatever happens to its files meanwhile. Only verdicts are kept, and digests of evidence.
 */
export class ObservedRun {
  readonly #builder = new RecordBuilder();
  readonly #evidence = new EvidenceLines();
  #settings: GateSettings | undefined;

  add(line: WrittenLine): void {
    if (line.type === 'gate') this.#settings = line;
    const isEnd = line.type === 'case-end';
    this.#builder.add(line, isEnd ? this.#evidence.case(line.transcript).digest : '');
  }

  /** The record, before any gate. */
  record(): RunRecord {
    return this.#builder.record();
  }

  /** The gate that the run, or the last retry, was started with. */
  get settings(): GateSettings | undefined {
    return this.#settings;
  }
}
