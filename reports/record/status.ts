/**
 * Verdicts from best to worst: a requirement has the worst one that any of its cases gave. `skip`
 * comes first because a case that could not look takes nothing from one that could.
 */
export const STATUSES = [
  'skip',
  'pass',
  'info',
  'waived',
  'warn',
  'flaky',
  'inconclusive',
  'fail',
  'hang',
  'crash',
] as const;

/**
 * - `pass`: observed as expected; `fail`: a MUST that binds was observed otherwise;
 * - `warn`: a SHOULD observed otherwise, or a known deviation of this target;
 * - `info`: observed, but nothing that binds in this profile says what is right;
 * - `skip`: cannot be observed here, with the reason; `waived`: a failure that a waiver covers;
 * - `flaky`: a failure that was gone when the case ran again on the same target;
 * - `inconclusive`: nothing can be said, because the control failed or the harness did;
 * - `crash`, `hang`: the target died or stopped answering while the case ran.
 */
export type Status = (typeof STATUSES)[number];

/** The worse of two statuses. */
export const worse = (a: Status, b: Status): Status =>
  STATUSES.indexOf(a) >= STATUSES.indexOf(b) ? a : b;

/** Statuses that end a run with 1: the target was seen to do what it must not. */
const BAD: readonly Status[] = ['fail', 'hang', 'crash'];

/** Whether a status says that the target does not conform. */
export const isBad = (status: Status): boolean => BAD.includes(status);
