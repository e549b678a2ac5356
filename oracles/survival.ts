import { type History, operationsWhere } from '../adapters/contract/index.ts';
import { kernelAlarms } from './alarms.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/**
 * No request makes the kernel complain, kills a client or never returns (ERR-12).
 *
 * Sound for alarms of a kernel that no other program provokes, for clients that no operation ends,
 * and for calls that cannot wait: a Program whose time is up in a `sleep`, a `wait` or a barrier
 * that not every thread reaches waits by itself, and one whose calls still come back hangs nowhere.
 * A machine that is starved of time makes calls
 * late: a Program must hang again before that is reported (see `confirmed` in
 * `fuzz/execute/confirm.ts`).
 */
export function survival(timeline: Timeline, histories: readonly History[]): Violation[] {
  return [
    ...alarms(timeline, histories),
    ...deaths(timeline, histories),
    ...hangs(timeline, histories),
  ];
}

const violation = (kind: string, detail: string, events: readonly Event[]): Violation => ({
  oracle: 'survival',
  requirement: 'ERR-12',
  kind,
  detail,
  events,
});

function alarms({ events }: Timeline, histories: readonly History[]): Violation[] {
  const seen = new Map<string, Violation>();
  for (const [program, { log }] of histories.entries()) {
    for (const line of kernelAlarms(log)) {
      const kind = `kernel: ${withoutNumbers(line)}`;
      const mine = events.filter((event) => event.program === program);
      if (!seen.has(kind)) seen.set(kind, violation(kind, line, mine));
    }
  }
  return [...seen.values()];
}

/** The line without its numbers: times, addresses, page frames and ids change from run to run. */
const withoutNumbers = (line: string): string =>
  line
    .replace(/^\[[^\]]*\] */, '')
    .replaceAll(/\b(CPU|PID|UID|pid|task|Comm):? ?\S+/g, '')
    .replaceAll(/\b(0x)?[0-9a-f]*[0-9][0-9a-f]*\b|\b[0-9a-f]{8,}\b/g, '…')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** Signals that the executor, the OOM killer or another client sends on purpose. */
const INTENDED: readonly unknown[] = ['SIGKILL', 'SIGTERM', 'SIGALRM', undefined];

function deaths({ events }: Timeline, histories: readonly History[]): Violation[] {
  return histories.flatMap((history, program) =>
    history.deaths
      .filter(({ reason, signal }) => reason === 'own' && !INTENDED.includes(signal))
      .map(({ client, signal }) =>
        violation(
          `a client died of ${signal}`,
          `${client} died of ${signal}`,
          events.filter((event) => event.program === program && event.client === client),
        ),
      ),
  );
}

/** Calls that a target answers without waiting for another; what else is lost proves nothing. */
const PROMPT = operationsWhere(({ waits }) => waits === 'never');

/** The kind of a {@link survival} violation in which a deadline passed in a call. */
export const HANG = 'a call never came back';

function hangs({ events }: Timeline, histories: readonly History[]): Violation[] {
  return histories.flatMap(({ deadlineHit, progressing, deaths }, program) => {
    if (!deadlineHit || progressing === true) return [];
    // A client that a `kill` ended loses the call that it was in, whatever else takes long.
    const ended = deaths.filter(({ reason }) => reason === 'own').map(({ client }) => client);
    const lost = events.filter(
      (event) =>
        event.program === program &&
        event.result.outcome === 'lost' &&
        PROMPT.has(event.operation.op) &&
        !ended.includes(event.client),
    );
    if (lost.length === 0) return [];
    const names = [...new Set(lost.map(({ operation }) => operation.op))].join(', ');
    return [violation(HANG, `${names} did not come back in time`, lost)];
  });
}
