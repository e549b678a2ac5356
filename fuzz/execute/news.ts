import type { RoundReport } from '../judge/round-report.ts';

/** Milliseconds after which rounds are told of that brought nothing. */
const TELL_MS = 2_000;

/** Whether a batch has brought what a campaign should hear of before more is run. */
export const isNews = (reports: readonly RoundReport[], milliseconds: number): boolean =>
  reports.length > 0 && (milliseconds > TELL_MS || (reports.at(-1)?.detections.length ?? 0) > 0);
