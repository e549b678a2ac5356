import type { GateSettings } from '../record/gate-outcome.ts';

/** What the run was to be gated by, so that a later report says the same. */
export interface GateLine extends GateSettings {
  readonly type: 'gate';
}

/** Cases of this journal begin to run again; what they came to before stays. */
export interface RetryStart {
  readonly type: 'retry-start';
  readonly startedAt: string;
  /** Cases that failed or never ran, in order. */
  readonly cases: readonly string[];
}
