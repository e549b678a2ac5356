import { harmIn } from './timeline/self-harm.ts';
import type { Event, Timeline } from './timeline/timeline.ts';
import type { Violation } from './violation.ts';

/**
 * The violations whose every witness can be believed: an operation of a client that had harmed
 * itself before it came back ({@link harmIn}) is no proof of anything. Every oracle ends with it.
 */
export function credible(timeline: Timeline, violations: readonly Violation[]): Violation[] {
  return violations.filter(({ events }) => events.every((event) => isWitness(timeline, event)));
}

/** Whether a client had done itself no harm before an operation of its came back. */
export function isWitness(timeline: Timeline, { client, result }: Event): boolean {
  const harmed = harmIn(timeline)(client);
  return harmed === undefined || (result.return !== undefined && result.return < harmed);
}
