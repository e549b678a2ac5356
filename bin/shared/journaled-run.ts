import type { Adapter } from '../../adapters/contract/index.ts';
import { AllocertError, messageOf } from '../../base/errors.ts';
import { redactorOf } from '../../base/redact.ts';
import { refuseOtherBaseline } from '../../reports/gate/compare-baseline.ts';
import { callsForRetry } from '../../reports/gate/should-retry.ts';
import { JournalWriter } from '../../reports/journal/journal.ts';
import { redactFacts } from '../../reports/journal/redact-line.ts';
import type { GateSettings } from '../../reports/record/gate-outcome.ts';
import type { RunEnd, RunStart } from '../../reports/record/journal-lines.ts';
import type { Shard } from '../../reports/record/record.ts';
import type { Reporter } from '../../reports/reporters.ts';
import { writeReports } from '../../reports/write.ts';
import { refuseOtherTarget, runSuites } from '../../suites/index.ts';
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
  /** Where this runs, for the record; see reports/record/environment.ts. */
  readonly environment: Readonly<Record<string, string>>;
  /** Formats beside those of the report directory. */
  readonly reporters: readonly Reporter[];
  /** How often a case that failed runs again. */
  readonly retries: number;
  readonly gate: GateSettings | undefined;
  /** The run whose journal goes on, and its cases that run again; left out: a new journal. */
  readonly again?: { readonly start: RunStart; readonly cases: readonly string[] };
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
  options: JournaledRun,
  interrupt: Interrupt,
  progress: Progress,
  journal: { writer?: JournalWriter },
): Promise<RunEnd | undefined> {
  const { adapter, profile, only, shard, again, retries, gate } = options;
  const seen: { start?: RunStart } = {};
  const run = runSuites({
    adapter,
    only,
    signal: interrupt.signal,
    ...(profile === undefined ? {} : { profile }),
    ...(shard === undefined ? {} : { shard }),
    ...(again === undefined ? {} : { cases: again.cases }),
    retries: {
      max: retries,
      again: (finish) =>
        seen.start !== undefined && callsForRetry(finish, seen.start, gate?.failOn),
    },
    onStart: (line) => {
      seen.start = line;
      journal.writer = beginJournal(options, line);
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

/** A journal with its first lines, once nothing speaks against the run any more. */
function beginJournal(options: JournaledRun, start: RunStart): JournalWriter {
  const { directory, gate, again, environment } = options;
  if (gate?.baseline !== undefined) refuseOtherBaseline(start, gate.baseline);
  if (again !== undefined) {
    // The report's facts are those without secrets.
    const facts = redactFacts(start.facts, redactorOf(start.target));
    refuseOtherTarget(again.start, { facts });
  }
  const writer =
    again === undefined
      ? new JournalWriter(directory)
      : JournalWriter.resume(directory, start.target);
  const { cases = [] } = again ?? {};
  writer.write(
    again === undefined
      ? { ...start, environment }
      : { type: 'retry-start', startedAt: start.startedAt, cases },
  );
  if (gate !== undefined) writer.write({ type: 'gate', ...gate });
  return writer;
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
