import { type History, operationsWhere } from '../adapters/contract/index.ts';
import { kernelReports, reportInWords } from '../adapters/contract/kernel-log.ts';
import { signalNumber } from '../adapters/contract/signals.ts';
import { withoutNumbers } from './alarms.ts';
import { injectedIn } from './timeline/injected.ts';
import { harmIn } from './timeline/self-harm.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/**
 * No request makes the kernel complain, kills a client or never returns (ERR-12).
 *
 * Sound for alarms of a kernel that no other program provokes (`isKernelsOwn` names one that
 * the kernel itself raises where a mapping is made to fail), for clients that no operation ends,
 * and for calls that cannot wait: a Program whose time is up in a `sleep`, a `wait` or a barrier
 * that not every thread reaches waits by itself, and one whose calls still come back hangs
 * nowhere. A machine that is starved of time makes calls late: a Program must hang again before
 * that is reported (see `confirmed` in `fuzz/execute/confirm.ts`).
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

function alarms(timeline: Timeline, histories: readonly History[]): Violation[] {
  const seen = new Map<string, Violation>();
  for (const [program, { log }] of histories.entries()) {
    const reports = log.length === 0 ? [] : kernelReports(log);
    if (reports.length === 0) continue;
    const mine = timeline.events.filter((event) => event.program === program);
    for (const report of reports) {
      if (isKernelsOwn(timeline, mine, report.alarm)) continue;
      const kind = `kernel: ${withoutNumbers(report.alarm)}`;
      if (!seen.has(kind)) seen.set(kind, violation(kind, reportInWords(report), mine));
    }
  }
  return [...seen.values()];
}

/** Calls that map memory. */
const MAPPING = operationsWhere(({ gives }) => gives?.kind === 'mapping');

/**
 * Whether an alarm is about the kernel's own way back from a mapping that was made to fail: x86
 * kernels before 6.16 warn in untrack_pfn() where remap_pfn_range() found no memory for a page
 * table, whatever driver called it. Source: arch/x86/mm/pat/memtype.c.
 */
function isKernelsOwn(timeline: Timeline, events: readonly Event[], alarm: string): boolean {
  if (!/^WARNING: .*\buntrack_pfn\+/.test(alarm)) return false;
  const injected = injectedIn(timeline);
  return events.some((event) => MAPPING.has(event.operation.op) && injected(event) !== 'no');
}

/** Signals that the executor, the OOM killer or another client sends on purpose. */
const INTENDED: readonly unknown[] = ['SIGKILL', 'SIGTERM', 'SIGALRM', undefined];

/**
 * Deaths that no client brought about: neither by a signal that it sent, nor by what it did to
 * itself before.
 */
function deaths(timeline: Timeline, histories: readonly History[]): Violation[] {
  const harmOf = harmIn(timeline);
  return histories.flatMap((history, program) =>
    history.deaths
      .filter(({ reason, signal }) => reason === 'own' && !INTENDED.includes(signal))
      .filter(({ client }) => harmOf(client) === undefined)
      .filter(({ client, signal }) => !wasSent(timeline, client, signal))
      .map(({ client, signal }) => {
        const mine = timeline.events.filter(
          (event) => event.program === program && event.client === client,
        );
        const place = placeOf(mine);
        return violation(
          `a client died of ${signal}${place}`,
          `${client} died of ${signal}${place}`,
          mine,
        );
      }),
  );
}

/** Whether an operation sent a signal to a client. */
const wasSent = (timeline: Timeline, client: string, signal = ''): boolean =>
  timeline.events.some(
    ({ operation }) =>
      operation.op === 'kill' &&
      operation.client === client &&
      timeline.valueOf(operation.signal) === BigInt(signalNumber(signal)),
  );

/** The operations that a client died in; empty when it was in none. */
function placeOf(events: readonly Event[]): string {
  const lost = events.filter(
    ({ operation, result }) => result.outcome === 'lost' && PROMPT.has(operation.op),
  );
  const names = [...new Set(lost.map(({ operation }) => operation.op))].toSorted();
  return names.length === 0 ? '' : ` in ${names.join(' and ')}`;
}

/** Calls that a target answers without waiting for another; what else is lost proves nothing. */
const PROMPT = operationsWhere(({ waits }) => waits === 'never');

/** The kind of a {@link survival} violation in which a deadline passed in a call. */
export const HANG = 'a call did not return';

function hangs(timeline: Timeline, histories: readonly History[]): Violation[] {
  const { events } = timeline;
  const harmOf = harmIn(timeline);
  return histories.flatMap(({ deadlineHit, progressing, deaths }, program) => {
    if (!deadlineHit || progressing === true) return [];
    // A client that a `kill` ended loses the call that it was in, whatever else takes long.
    const ended = deaths.filter(({ reason }) => reason === 'own').map(({ client }) => client);
    const lost = events.filter(
      (event) =>
        event.program === program &&
        event.result.outcome === 'lost' &&
        PROMPT.has(event.operation.op) &&
        !ended.includes(event.client) &&
        harmOf(event.client) === undefined,
    );
    if (lost.length === 0) return [];
    const names = [...new Set(lost.map(({ operation }) => operation.op))].join(', ');
    return [violation(HANG, `${names} did not return in time`, lost)];
  });
}
