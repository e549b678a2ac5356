import {
  kilobytesIn,
  linux,
  type Result,
  succeeded,
  type UntypedOperation,
} from '../adapters/contract/index.ts';
import { credible } from './credible.ts';
import { type HeldBuffer, livedDuring, mayLive } from './timeline/lifetimes.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/**
 * When everything is at rest, as much memory is free as was before (LIF-01, LIF-09); and in between
 * as much is taken as the buffers have that live (LEN-09, LIF-03).
 *
 * Sound where the gauge counts the region's pages and nothing else, no other process uses the
 * region, and every client that held something is dead at the last reading: the first and the last
 * `readfile` of /proc/meminfo of the timeline are compared. A reading in between counts only where
 * each buffer surely lived or was surely gone during all of it, and no request may have been under
 * way or have given something unknown. On a real kernel the gauge is the system's; what it shows
 * there is only a hint.
 *
 * @param gauge the line of /proc/meminfo that counts the region's free memory
 */
export function accounting(
  timeline: Timeline,
  buffers: readonly HeldBuffer[],
  gauge: string,
): Violation[] {
  const readings = timeline
    .named('readfile')
    .filter(
      ({ operation, result }) =>
        operation.op === 'readfile' && operation.document === '/proc/meminfo' && succeeded(result),
    )
    .toSorted((a, b) => (a.result.call < b.result.call ? -1 : 1));
  const [first, ...later] = readings;
  const last = later.pop();
  if (first === undefined || last === undefined) return [];
  const granted = new Set(buffers.map(({ allocation }) => allocation.result));
  const unknown = timeline.events.filter((event) => mayTake(event, granted));
  return credible(timeline, [
    ...later.flatMap((reading) => inBetween([first, reading], buffers, unknown, gauge)),
    ...atRest(first, last, gauge),
  ]);
}

function atRest(first: Event, last: Event, gauge: string): Violation[] {
  const before = kilobytesIn(first.result.out, gauge);
  const after = kilobytesIn(last.result.out, gauge);
  if (before === undefined || after === undefined || before === after) return [];
  const lost = before > after;
  return [
    {
      oracle: 'accounting',
      requirement: 'LIF-09',
      kind: lost ? 'memory is lost' : 'more memory is free than was there',
      detail: `${gauge} was ${before} kB before and ${after} kB at rest`,
      events: [first, last],
    },
  ];
}

/** The dma-buf commands, whose type is b, take no memory of a region. */
const HARMLESS: readonly unknown[] = [linux.DMA_BUF_IOCTL_SYNC, linux.DMA_BUF_SET_NAME];

/** Requests that are no allocation of a known buffer, and may have taken memory all the same. */
function mayTake({ operation, result }: Event, granted: ReadonlySet<Result>): boolean {
  const { op } = operation as UntypedOperation;
  if (op === 'repeat') return true;
  if (operation.op !== 'ioctl' || HARMLESS.includes(operation.request)) return false;
  if (!succeeded(result)) return true;
  return !granted.has(result);
}

function inBetween(
  [first, reading]: readonly [Event, Event],
  buffers: readonly HeldBuffer[],
  unknown: readonly Event[],
  gauge: string,
): Violation[] {
  const { call, return: back = call } = reading.result;
  const before = kilobytesIn(first.result.out, gauge);
  const now = kilobytesIn(reading.result.out, gauge);
  if (before === undefined || now === undefined) return [];
  const uncertain = unknown.some(
    ({ result }) =>
      result.call <= back &&
      (succeeded(result) || result.return === undefined || result.return >= call),
  );
  if (uncertain) return [];
  const there = buffers.filter((buffer) => mayLive(buffer, call, back));
  const sure = there.every(
    (buffer) => buffer.bytes === buffer.leastBytes && livedDuring(buffer, call, back),
  );
  if (!sure) return [];
  const taken = there.map(({ bytes }) => bytes).reduce((sum, one) => sum + one, 0n) / 1024n;
  if (before - now === taken) return [];
  const lost = before - now > taken;
  return [
    {
      oracle: 'accounting',
      requirement: lost ? lossOf(there, buffers, back) : 'LIF-03',
      kind: lost ? 'more memory is taken than buffers have' : 'a buffer that lives was freed',
      detail: `buffers of ${taken} kB live, and ${gauge} fell from ${before} to ${now} kB`,
      events: [first, reading],
    },
  ];
}

/** The rule that missing memory breaks: live buffers cost too much, or freed ones left some. */
function lossOf(
  there: readonly HeldBuffer[],
  buffers: readonly HeldBuffer[],
  instant: bigint,
): string {
  const before = buffers.filter(({ allocation }) => allocation.result.call <= instant);
  return before.length > there.length ? 'LIF-01' : 'LEN-09';
}
