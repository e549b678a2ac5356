import { closeSync, fsyncSync, ftruncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJson } from '../../adapters/contract/index.ts';
import { factsFromJson } from '../../adapters/contract/program-json.ts';
import { wholeLines } from '../../base/lines.ts';
import { redact, redactorOf } from '../../base/redact.ts';
import {
  clearReport,
  prepareDirectory,
  REPORT_FILES,
  withDirectoryErrors,
} from '../files/directory.ts';
import { openNew, openToAppend } from '../files/new-file.ts';
import type { JournalLine, WrittenLine } from '../record/journal-lines.ts';
import { entering } from './cut-text.ts';
import { ObservedRun } from './observed-run.ts';
import { scanJournal } from './read-journal.ts';
import { redactLine } from './redact-line.ts';

/**
 * Appends what happens to `journal.ndjson`. Every line reaches the disk before `write` returns: a
 * killed run loses at most the case that ran, and so does a kernel that takes its machine down.
 */
export class JournalWriter {
  readonly directory: string;
  /** Every line so far, those of an earlier part of the run among them. */
  readonly observed = new ObservedRun();
  #descriptor: number | undefined;
  #hide: (text: string) => string = entering(redact);

  /**
   * Replaces an earlier report in the directory.
   *
   * @param descriptor a journal that is open already; nothing is replaced then
   * @throws {@link AllocertError} when {@link prepareDirectory} refuses the directory
   */
  constructor(directory: string, descriptor?: number) {
    this.directory = directory;
    this.#descriptor = descriptor;
    if (descriptor !== undefined) return;
    prepareDirectory(directory);
    clearReport(directory);
    const file = join(directory, REPORT_FILES.journal);
    this.#descriptor = withDirectoryErrors(directory, () => openNew(file));
  }

  /**
   * Goes on with the journal that is in a directory. A last line that a kill cut off is taken away,
   * since nothing could be read behind it.
   *
   * @param target as typed; its secrets stay out of the lines that follow
   * @throws {@link AllocertError} when the file cannot be written
   */
  static resume(directory: string, target: string): JournalWriter {
    const file = join(directory, REPORT_FILES.journal);
    const descriptor = withDirectoryErrors(directory, () => {
      const opened = openToAppend(file);
      ftruncateSync(opened, wholeLines(opened));
      return opened;
    });
    const writer = new JournalWriter(directory, descriptor);
    scanJournal(directory, (line) => writer.observed.add(line));
    writer.#hide = entering(redactorOf(target));
    return writer;
  }

  /**
   * Appends one line without its secrets and flushes it; texts in it that are too long are cut.
   * After `close` lines are dropped: whoever closed it has already reported.
   *
   * @throws {@link AllocertError} (machine) when the disk is full
   */
  write(line: JournalLine): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    if (line.type === 'run-start') this.#hide = entering(redactorOf(line.target));
    withDirectoryErrors(this.directory, () => {
      const json = toJson(redactLine(line, this.#hide));
      // Also what the disk does not take was observed.
      this.observed.add(asRead(json as WrittenLine));
      writeFileSync(descriptor, `${JSON.stringify(json)}\n`);
      fsyncSync(descriptor);
    });
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** A line as a reader of the journal gets it, to the order of its members. */
const asRead = (line: WrittenLine): WrittenLine =>
  line.type === 'run-start' ? { ...line, facts: factsFromJson(line.facts) } : line;
