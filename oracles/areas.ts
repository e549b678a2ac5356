import { operationsWhere, succeeded, textOfBytes } from '../adapters/contract/index.ts';
import { credible } from './credible.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/** Microseconds that the kernel gets to free what it frees later, with everybody gone. */
export const SETTLING_US = 250_000n;

/**
 * When every client has ended, no more pages of CMA's areas are taken than before (LIF-09).
 *
 * Sound in a machine where nothing else takes pages of them, for a reading before the first fork
 * and one that begins after the last client was waited for and {@link SETTLING_US} have passed,
 * where the clients that were there from the start asked for nothing. A kernel that is starved of
 * time may free later than that: what is found must be found again (see
 * `fuzz/execute/area-watch.ts`).
 */
export function areas(timeline: Timeline): Violation[] {
  const readings = readingsOf(timeline);
  const forks = timeline.events.filter(({ operation }) => operation.op === 'fork');
  const first = readings.find(({ result }) =>
    forks.every((fork) => (result.return ?? fork.result.call) < fork.result.call),
  );
  const last = readings.findLast((reading) => isSettled(timeline, reading, forks));
  const lost = first === undefined || last === undefined ? 0n : takenIn(last) - takenIn(first);
  if (first === undefined || last === undefined || lost <= 0n) return [];
  return credible(timeline, [
    {
      oracle: 'areas',
      requirement: 'LIF-09',
      kind: 'memory is lost',
      detail: `${lost} pages of CMA's areas stay taken after every client has ended`,
      events: [first, last],
    },
  ]);
}

/** Readings of CMA's areas, in the order of time. */
const readingsOf = ({ events }: Timeline): Event[] =>
  events
    .filter(
      ({ operation, result }) =>
        operation.op === 'readfile' &&
        operation.document === '/sys/kernel/debug/cma' &&
        succeeded(result) &&
        result.return !== undefined,
    )
    .toSorted((a, b) => (a.result.call < b.result.call ? -1 : 1));

/** Operations that may take pages of an area. */
const ASKING = operationsWhere(
  ({ gives }) => gives?.kind === 'request' || gives?.kind === 'mapping',
);

/** Whether everybody was gone for long enough when a reading began. */
function isSettled(timeline: Timeline, { result }: Event, forks: readonly Event[]): boolean {
  const before = timeline.events.filter(
    (one) => one.result.return !== undefined && one.result.return < result.call,
  );
  const waits = before.filter(
    ({ operation, result: { value } }) => operation.op === 'wait' && value >= 0n,
  );
  const isGone = ({ operation, result: { errno } }: Event): boolean =>
    errno !== undefined ||
    waits.some(
      (wait) =>
        operation.op === 'fork' &&
        wait.operation.op === 'wait' &&
        wait.operation.client === operation.client,
    );
  const isBorn = (client: string): boolean =>
    forks.some(({ operation }) => operation.op === 'fork' && operation.client === client);
  const others = timeline.events.filter(({ client }) => !isBorn(client));
  if (!forks.every(isGone) || others.some(({ operation }) => ASKING.has(operation.op))) {
    return false;
  }
  const last = waits.map((wait) => wait.result.return ?? 0n).reduce((a, b) => (a > b ? a : b), 0n);
  return before.some(
    ({ operation, result: slept }) =>
      operation.op === 'sleep' &&
      succeeded(slept) &&
      slept.call > last &&
      timeline.valueOf(operation.microseconds) >= SETTLING_US,
  );
}

/** Pages of all areas that a reading says to be taken. */
const takenIn = ({ result }: Event): bigint =>
  [...textOfBytes(result.out).matchAll(/^\S+ (\d{1,18})$/gm)]
    .map(([, pages = '0']) => BigInt(pages))
    .reduce((sum, one) => sum + one, 0n);

/** By how many pages of CMA's areas more were taken at the last reading than at the first. */
export function growthOfAreas(timeline: Timeline): bigint {
  const readings = readingsOf(timeline);
  const [first] = readings;
  const last = readings.at(-1);
  return first === undefined || last === undefined ? 0n : takenIn(last) - takenIn(first);
}
