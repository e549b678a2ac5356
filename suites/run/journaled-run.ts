import type { Adapter } from '../../adapters/contract/index.ts';
import { AllocertError, messageOf } from '../../base/errors.ts';
import { redactorOf } from '../../base/redact.ts';
import { refuseOtherBaseline } from '../../reports/gate/compare-baseline.ts';
import { observedRecord } from '../../reports/gate/observed-record.ts';
import { callsForRetry } from '../../reports/gate/should-retry.ts';
import { entering } from '../../reports/journal/cut-text.ts';
import { JournalWriter } from '../../reports/journal/journal.ts';
import type { ObservedRun } from '../../reports/journal/observed-run.ts';
import { redactFacts } from '../../reports/journal/redact-line.ts';
import type { GateSettings } from '../../reports/record/gate-outcome.ts';
import type { RunEnd, RunStart } from '../../reports/record/journal-lines.ts';
import type { RunRecord, Shard } from '../../reports/record/record.ts';
import { refuseOtherTarget } from './identity.ts';
import type { RunListener } from './run-listener.ts';
import { runSuites } from './runner.ts';

/** A run whose lines go to a journal, or go on in one. */
export interface JournaledRun {
  readonly adapter: Adapter;
  /** Further targets of the same URL, see RunOptions. */
  readonly others?: readonly Adapter[];
  /** Where the journal is. */
  readonly directory: string;
  readonly profile: string | undefined;
  readonly only: readonly string[];
  /** Which part of the run; undefined for all of it. */
  readonly shard: Pick<Shard, 'index' | 'count'> | undefined;
  /** Where this runs, for the record; see reports/record/environment.ts. */
  readonly environment: Readonly<Record<string, string>>;
  /** How often a case that failed runs again. */
  readonly retries: number;
  readonly gate: GateSettings | undefined;
  /** Fixes that the target is said to have, see catalogue/known.ts. */
  readonly fixed?: readonly string[];
  /** The seed and the order of cases, see RunOptions; left out: by chance, and the catalogue's. */
  readonly seed?: bigint;
  readonly order?: (ids: readonly string[]) => readonly string[];
  /** Whether the run ends as soon as a failure decides its exit code; docs/ci.md. */
  readonly failFast?: boolean;
  /** The run whose journal goes on, and its cases that run again; left out: a new journal. */
  readonly continued?: { readonly start: RunStart; readonly cases: readonly string[] };
}

/** Where a user's wish to stop arrives. */
export interface StopRequest {
  /** Aborted when the run is to stop between two cases. */
  readonly signal: AbortSignal;
  /** Resolves when the run must be left behind, whatever it does. */
  readonly expired: Promise<void>;
  /** What failed beside the run, for which it must be left behind; undefined when nothing did. */
  readonly failure?: string | undefined;
  /** The signal that came first, and the exit code that shells expect of it. */
  readonly received: { readonly name: string; readonly exitCode: number } | undefined;
}

/** How a journaled run ended. */
export interface JournaledEnd {
  /** What was observed; undefined when no journal was begun, and there is nothing to report. */
  readonly observed: ObservedRun | undefined;
  /** Thrown by the run; undefined when nothing was. */
  readonly failure: unknown;
}

/** The exit code of a run that nothing can be said of. */
const INCOMPLETE = 3;

/** The exit code of a failure that its gate does not let pass. */
const NOT_CONFORMANT = 1;

/** The journal of a run, once its first line is known. */
interface Begun {
  writer?: JournalWriter;
}

/** Runs the suites with a journal, which is whole and closed however the run ended. */
export async function journaledRun(
  options: JournaledRun,
  stop: StopRequest,
  listener: RunListener,
): Promise<JournaledEnd> {
  const journal: Begun = {};
  let failure: unknown;
  try {
    const end = await runOrLeave(options, stop, listener, journal);
    journal.writer?.write(lastLine(end, stop));
  } catch (thrown) {
    failure = thrown;
    endAfter(journal.writer, thrown);
  } finally {
    journal.writer?.close();
  }
  return { observed: journal.writer?.observed, failure };
}

/**
 * The exit code of a run: that of the signal that stopped it, else that of its record.
 *
 * @param record undefined when no journal was begun
 * @throws what the run threw, unless a signal stopped it or a failure was observed before
 */
export function journaledExitCode(
  { failure }: JournaledEnd,
  record: RunRecord | undefined,
  { received }: StopRequest,
): number {
  if (received !== undefined) return received.exitCode;
  // What failed beside the run has been said by whoever heard of it.
  if (record === undefined && failure === undefined) return INCOMPLETE;
  if (record === undefined) throw failure;
  if (failure === undefined || record.exitCode === 1) return record.exitCode;
  throw failure;
}

/** The run's last line; undefined when it was left behind. */
async function runOrLeave(
  options: JournaledRun,
  stop: StopRequest,
  listener: RunListener,
  journal: Begun,
): Promise<RunEnd | undefined> {
  const { adapter, others = [], profile, only, shard, continued } = options;
  const { retries, gate, order, seed } = options;
  const fixed = options.fixed ?? continued?.start.fixed;
  const seen: { start?: RunStart } = {};
  const run = runSuites({
    adapter,
    others,
    only,
    signal: stop.signal,
    ...(profile === undefined ? {} : { profile }),
    ...(shard === undefined ? {} : { shard }),
    ...(order === undefined ? {} : { order }),
    ...(seed === undefined ? {} : { seed }),
    ...(fixed === undefined ? {} : { fixed }),
    ...(continued === undefined ? {} : { cases: continued.cases }),
    retries: {
      max: retries,
      shouldRetry: (finish) =>
        seen.start !== undefined && callsForRetry(finish, seen.start, gate?.failOn),
    },
    onStart: (line) => {
      seen.start = line;
      journal.writer = beginJournal(options, line);
      listener.onStart?.(line);
    },
    onCaseStart: (line) => {
      journal.writer?.write(line);
      listener.onCaseStart?.(line);
    },
    onCaseEnd: (line) => {
      journal.writer?.write(line);
      listener.onCaseEnd?.(line);
    },
    onNotice: (line) => journal.writer?.write(line),
    shouldStop: () => {
      const observed = journal.writer?.observed;
      if (options.failFast !== true || observed === undefined) return false;
      return observedRecord(observed).exitCode === NOT_CONFORMANT;
    },
  });
  return Promise.race([run, stop.expired.then(() => undefined)]);
}

/** A journal with its first lines, once nothing speaks against the run any more. */
function beginJournal(options: JournaledRun, start: RunStart): JournalWriter {
  const { directory, gate, continued, environment } = options;
  if (gate?.baseline !== undefined) refuseOtherBaseline(start, gate.baseline);
  if (continued !== undefined) {
    // The report's facts are those without secrets.
    const facts = redactFacts(start.facts, entering(redactorOf(start.target)));
    refuseOtherTarget(continued.start, { facts });
  }
  const writer =
    continued === undefined
      ? new JournalWriter(directory)
      : JournalWriter.resume(directory, start.target);
  const { cases = [] } = continued ?? {};
  writer.write(
    continued === undefined
      ? { ...start, environment }
      : { type: 'retry-start', startedAt: start.startedAt, cases },
  );
  if (gate !== undefined) writer.write({ type: 'gate', ...gate });
  return writer;
}

function lastLine(end: RunEnd | undefined, stop: StopRequest): RunEnd {
  if (end?.complete === true) return end;
  const name = stop.received?.name;
  const reason =
    name === undefined ? (stop.failure ?? end?.reason ?? '') : `the run was interrupted by ${name}`;
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
