import { compareVersions } from '../../base/compare-versions.ts';
import type { Waiver } from '../record/gate-outcome.ts';

/** When a record is judged, and by which suites. */
export interface WaivingTime {
  /** The day in UTC, as `2026-01-31`. */
  readonly today: string;
  /** The version of allocert that judged. */
  readonly allocert: string;
}

/** How a waiver has ended, as the end of a sentence; undefined where it holds. */
export function endOf(
  { expires, mendedIn }: Pick<Waiver, 'expires' | 'mendedIn'>,
  { allocert, today }: WaivingTime,
): string | undefined {
  if (expires !== undefined && today > expires) return `expired on ${expires}`;
  return mendedIn !== undefined && compareVersions(allocert, mendedIn) >= 0
    ? `ended with allocert ${mendedIn}, which mends the suite`
    : undefined;
}
