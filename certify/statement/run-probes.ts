import type { Adapter } from '../../adapters/contract/index.ts';
import { redactorOf } from '../../base/redact.ts';
import { entering } from '../../reports/journal/cut-text.ts';
import { redactLine } from '../../reports/journal/redact-line.ts';
import { RecordBuilder } from '../../reports/record/builder.ts';
import type { JournalLine } from '../../reports/record/journal-lines.ts';
import type { RunRecord } from '../../reports/record/record.ts';
import type { RunListener } from '../../suites/run/run-listener.ts';
import { runSuites } from '../../suites/run/runner.ts';
import { decidingProfile } from '../../suites/run/select.ts';
import { probesOf } from './probes.ts';
import type { StatedDeviation } from './statement.ts';

/** How a target is probed. */
export interface ProbeOptions {
  /** The profile that judges; left out: the one of the target's ABI. */
  readonly profile?: string;
  readonly deviations?: readonly StatedDeviation[];
  readonly listener?: RunListener;
  /** Stops it between two cases. */
  readonly signal?: AbortSignal;
}

/**
 * Runs those cases on a target that tell of the claims of a statement.
 *
 * @param adapter left open
 * @returns what was seen, without secrets; incomplete where the target was lost on the way
 * @throws {@link AllocertError} when the target cannot be reached, or speaks another ABI
 */
export async function runProbes(adapter: Adapter, options: ProbeOptions = {}): Promise<RunRecord> {
  const { deviations, listener = {}, signal } = options;
  const profile = options.profile ?? (await spokenProfile(adapter));
  const builder = new RecordBuilder();
  const hide = entering(redactorOf(adapter.url));
  const add = (line: JournalLine): void => builder.add(redactLine(line, hide));
  const end = await runSuites({
    adapter,
    profile,
    only: probesOf(profile, deviations),
    ...(signal === undefined ? {} : { signal }),
    onStart: (line) => {
      add(line);
      listener.onStart?.(line);
    },
    onCaseStart: (line) => {
      add(line);
      listener.onCaseStart?.(line);
    },
    onCaseEnd: (line) => {
      add(line);
      listener.onCaseEnd?.(line);
    },
    onNotice: add,
  });
  add(end);
  return builder.record();
}

/** The profile of the ABI that a target speaks. */
async function spokenProfile(adapter: Adapter): Promise<string> {
  const session = await adapter.open();
  try {
    return decidingProfile(undefined, session.facts).name;
  } finally {
    await session.close();
  }
}
