import { AllocertError, messageOf } from '../adapters/contract/errors.ts';
import type { Adapter } from '../adapters/contract/index.ts';
import { JournalWriter } from '../reports/journal.ts';
import type { RunEnd, Shard } from '../reports/record.ts';
import type { Reporter } from '../reports/reporters.ts';
import { writeReports } from '../reports/write.ts';
import { runSuites } from '../suites/index.ts';
import { Interrupt } from './interrupt.ts';
import { Progress } from './progress.ts';
import { showRecord } from './show-record.ts';
import { complain } from './terminal.ts';

/** What to run, and where its report goes. */
export interface JournaledRun {
  readonly adapter: Adapter;
  readonly directory: string;
  readonly profile: string | undefined;
  readonly only: readonly string[];
  /** Which part of the run; undefined for all of it. */
  readonly shard: Pick<Shard, 'index' | 'count'> | undefined;
  /** Where this runs, for the record; see reports/environment.ts. */
  readonly environment: Readonly<Record<string, string>>;
  /** Formats beside those of the report directory. */
  readonly reporters: readonly Reporter[];
}

/** Milliseconds that a target gets to shut down. */
const CLOSE_MS = 5000;

/**
 * Runs the suites with a journal, and reports what was observed however the run ended.
 *
 * @returns the exit code
 * @throws whatever stopped the run before its first case, when there is nothing to report
 */
export async function journaledRun(options: JournaledRun): Promise<number> {
  const interrupt = new Interrupt();
  const progress = new Progress();
  const journal: { writer?: JournalWriter } = {};
  let failure: unknown;
  try {
    const end = await runOrLeave(options, interrupt, progress, journal);
    journal.writer?.write(interrupted(end, interrupt));
  } catch (thrown) {
    failure = thrown;
    endAfter(journal.writer, thrown);
  } finally {
    progress.stop();
    journal.writer?.close();
    await closeInTime(options.adapter);
    interrupt.dispose();
  }
  if (journal.writer === undefined) return withoutReport(failure, interrupt);
  return reported(options, failure, interrupt);
}

/** The run's last line; undefined when it was left behind. */
async function runOrLeave(
  { adapter, directory, profile, only, shard, environment }: JournaledRun,
  interrupt: Interrupt,
  progress: Progress,
  journal: { writer?: JournalWriter },
): Promise<RunEnd | undefined> {
  const run = runSuites({
    adapter,
    only,
    signal: interrupt.signal,
    ...(profile === undefined ? {} : { profile }),
    ...(shard === undefined ? {} : { shard }),
    onStart: (line) => {
      journal.writer = new JournalWriter(directory);
      journal.writer.write({ ...line, environment });
      progress.start(line);
    },
    onCaseStart: (line) => {
      journal.writer?.write(line);
      progress.caseStart(line);
    },
    onCaseEnd: (line) => {
      journal.writer?.write(line);
      progress.caseEnd(line);
    },
    onNotice: (line) => journal.writer?.write(line),
  });
  return Promise.race([run, interrupt.expired.then(() => undefined)]);
}

function interrupted(end: RunEnd | undefined, interrupt: Interrupt): RunEnd {
  if (end?.complete === true) return end;
  const name = interrupt.received?.name;
  const reason = name === undefined ? (end?.reason ?? '') : `the run was interrupted by ${name}`;
  return { ...(end ?? incompleteEnd(reason)), reason };
}

/** The process lives for its run, so its age is the run's duration. */
const incompleteEnd = (reason: string): RunEnd => ({
  type: 'run-end',
  endedAt: new Date().toISOString(),
  durationMs: Math.round(performance.now()),
  complete: false,
  reason,
});

/**
 * A journal that cannot be written any more ends where it ends; the first failure is what counts.
 */
function endAfter(writer: JournalWriter | undefined, failure: unknown): void {
  try {
    writer?.write(incompleteEnd(messageOf(failure)));
  } catch (thrown) {
    if (!(thrown instanceof AllocertError)) throw thrown;
  }
}

async function closeInTime(adapter: Adapter): Promise<void> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
  const closed = adapter.close().catch((thrown: unknown) => {
    complain(`the target could not be stopped: ${messageOf(thrown)}`);
  });
  await Promise.race([closed, late]);
}

function withoutReport(failure: unknown, interrupt: Interrupt): number {
  if (interrupt.received === undefined) throw failure;
  complain(`interrupted by ${interrupt.received.name} before the first case; there is no report`);
  return interrupt.received.exitCode;
}

function reported(
  { directory, reporters }: JournaledRun,
  failure: unknown,
  interrupt: Interrupt,
): number {
  const record = writeReports(directory);
  showRecord(record, directory, reporters, [directory]);
  if (interrupt.received !== undefined) {
    const { name, exitCode } = interrupt.received;
    complain(`interrupted by ${name}; allocert report ${directory} shows what was observed`);
    return exitCode;
  }
  if (failure === undefined || record.exitCode === 1) return record.exitCode;
  throw failure;
}
