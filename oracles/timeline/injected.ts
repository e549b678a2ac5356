import { canBeFailed, faultErrnos, succeeded } from '../../adapters/contract/index.ts';
import type { Event, Timeline } from './timeline.ts';

/**
 * Whether an allocation of the kernel's own failed on purpose in a call: `maybe` where nothing came
 * back that says so.
 */
export type Injected = 'no' | 'maybe' | 'yes';

/**
 * Says of calls whether something was made to fail in them. A `failnth` arms the next operation of
 * its thread, and the one behind that says whether it came so far; whatever is not armed by one
 * fails by itself.
 */
export function injectedIn(timeline: Timeline): (event: Event) => Injected {
  const armed = timeline.once(armedIn);
  if (armed.size === 0) return NEVER;
  return (event) => armed.get(event) ?? 'no';
}

const NEVER = (): Injected => 'no';

function armedIn(timeline: Timeline): ReadonlyMap<Event, Injected> {
  const armed = new Map<Event, Injected>();
  const { events } = timeline;
  if (timeline.named('failnth').length === 0) return armed;
  for (const [at, event] of events.entries()) {
    const before = events[at - 1];
    if (before === undefined || !isNext(before, event) || !canBeFailed(event.operation)) continue;
    if (before.operation.op !== 'failnth' || timeline.valueOf(before.operation.nth) === 0n)
      continue;
    // What could not be armed, or was said to fail on a target without faults, was not.
    if (before.result.return !== undefined && !succeeded(before.result)) continue;
    armed.set(event, toldBy(events[at + 1], event));
  }
  return armed;
}

/** Whether an operation is the next one of the same thread. */
const isNext = (one: Event, next: Event): boolean =>
  one.program === next.program && one.thread === next.thread && one.index + 1 === next.index;

function toldBy(after: Event | undefined, event: Event): Injected {
  if (after?.operation.op !== 'failnth' || !isNext(event, after)) return 'maybe';
  if (!succeeded(after.result)) return 'maybe';
  return after.result.value === 0n ? 'no' : 'yes';
}

/**
 * What calls may come to because something was made to fail in them: errnos, and only where it was.
 *
 * @param copies whether copies from and to programs fail as well as allocations
 */
export function injectedErrnos(
  timeline: Timeline,
  copies: boolean,
): (event: Event) => readonly string[] {
  const injected = injectedIn(timeline);
  return (event) => (injected(event) === 'no' ? NOTHING : faultErrnos(copies, event.operation.op));
}

const NOTHING: readonly string[] = [];
