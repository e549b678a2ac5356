import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJson } from '../adapters/contract/index.ts';
import { redact, redactorOf } from '../adapters/contract/redact.ts';
import { attempt, clearReport, prepareDirectory, REPORT_FILES } from './directory.ts';
import type { JournalLine } from './record.ts';
import { redactLine } from './redact-line.ts';

/**
 * Appends what happens to `journal.ndjson`. Every line reaches the disk before `write` returns: a
 * killed run loses at most the case that ran, and so does a kernel that takes its machine down.
 */
export class JournalWriter {
  readonly directory: string;
  #descriptor: number | undefined;
  #hide: (text: string) => string = redact;

  /**
   * Replaces an earlier report in the directory.
   *
   * @throws {@link AllocertError} when {@link prepareDirectory} refuses the directory
   */
  constructor(directory: string) {
    this.directory = directory;
    prepareDirectory(directory);
    clearReport(directory);
    const file = join(directory, REPORT_FILES.journal);
    this.#descriptor = attempt(directory, () => openSync(file, 'ax'));
  }

  /**
   * Appends one line without its secrets and flushes it. After `close` lines are dropped: whoever
   * closed it has already reported.
   *
   * @throws {@link AllocertError} (machine) when the disk is full
   */
  write(line: JournalLine): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    if (line.type === 'run-start') this.#hide = redactorOf(line.target);
    const hide = this.#hide;
    attempt(this.directory, () => {
      writeFileSync(descriptor, `${JSON.stringify(toJson(redactLine(line, hide)))}\n`);
      fsyncSync(descriptor);
    });
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
