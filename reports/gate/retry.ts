import { basename, dirname } from 'node:path';
import { usageError } from '../../base/errors.ts';
import { packageVersion } from '../../base/package-root.ts';
import { redactorOf } from '../../base/redact.ts';
import { isSafeToReopen } from '../../base/safe-to-reopen.ts';
import { REPORT_FILES } from '../files/directory.ts';
import { scanJournal } from '../journal/read-journal.ts';
import { RecordBuilder } from '../record/builder.ts';
import type { GateSettings } from '../record/gate-outcome.ts';
import type { GateLine, RunStart } from '../record/journal-lines.ts';
import { dayOf } from './read-waivers.ts';
import { callsForRetry } from './should-retry.ts';

/** A retry as asked for. */
export interface RetryArgs {
  /** A report folder, or the `record.json` in it. */
  readonly path: string;
  /** The target as typed; undefined when none was. */
  readonly typed: string | undefined;
  /** The gate as typed; undefined when none was. */
  readonly asked: GateSettings | undefined;
}

/** The steps of a retry: which cases run again, where, and under which gate. */
export interface RetryPlan {
  readonly directory: string;
  /** The first line of its journal. */
  readonly start: RunStart;
  readonly target: string;
  /** Ids of cases that failed or never ran; empty when there is nothing to do. */
  readonly cases: readonly string[];
  /** The one typed, or that of the run, by today's date; undefined when there was none. */
  readonly gate: GateSettings | undefined;
}

/** The folder of a report, of which the folder or the `record.json` in it is named. */
export const reportFolderOf = (path: string): string =>
  basename(path) === REPORT_FILES.record ? dirname(path) : path;

/**
 * Reads what a run was and what is left to do of it.
 *
 * @param now decides which waivers have expired
 * @throws {@link AllocertError} (usage) when there is no such report, another version of allocert
 * wrote it, or its target must be typed and was not
 */
export function planRetry({ path, typed, asked }: RetryArgs, now = new Date()): RetryPlan {
  const directory = reportFolderOf(path);
  const builder = new RecordBuilder();
  const seen: { start?: RunStart; gate?: GateSettings } = {};
  scanJournal(directory, (line) => {
    builder.add(line);
    if (line.type === 'run-start') seen.start ??= line;
    if (line.type === 'gate') seen.gate = renewed(line, now);
  });
  const { start } = seen;
  const gate = asked ?? seen.gate;
  if (start === undefined) throw new Error('a journal was read that does not start a run');
  if (start.allocert !== packageVersion()) {
    throw usageError(
      `allocert ${start.allocert} wrote ${directory}, and cases of two versions make no report; ` +
        'run the suites anew, or retry with that version',
    );
  }
  const { cases } = builder.record();
  return {
    directory,
    start,
    target: targetOf(start.target, typed, directory),
    cases: cases.filter((one) => callsForRetry(one, start, gate?.failOn)).map(({ id }) => id),
    gate,
  };
}

/** The gate of the run, by another day. */
const renewed = ({ type: _, ...settings }: GateLine, now: Date): GateSettings => ({
  ...settings,
  today: dayOf(now),
});

/**
 * The target to open. A report may come from another user, and what it names would be run, opened
 * or connected to: only a person's hand may ask for that.
 */
function targetOf(recorded: string, typed: string | undefined, directory: string): string {
  if (typed === undefined) {
    if (isSafeToReopen(recorded)) return recorded;
    throw usageError(
      `${directory} is a report of ${recorded}, and what only a report names is never opened; ` +
        'if that is the target that you want, type it with --target',
    );
  }
  if (redactorOf(typed)(typed) === recorded) return typed;
  throw usageError(
    `${directory} is a report of ${recorded}, not of ${typed}; ` +
      'give --target as the run was given it, or run the suites on the other one',
  );
}
